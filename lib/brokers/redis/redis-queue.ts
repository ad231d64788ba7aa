import { strict as assert } from 'node:assert';
import type { Clock } from '../../core/clock.js';
import type { Limits } from '../../core/limits.js';
import type { Envelope } from '../../core/message.js';
import type {
  Acknowledgement,
  DeadLetter,
  Delivery,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from '../contract.js';
import { Acking } from './acking.js';
import { AskLine } from './ask-line.js';
import type { CommandArgs } from './call.js';
import type { RedisConnection } from './connection.js';
import { letterOf } from './dead-letter.js';
import { ObservedTime } from './observed-time.js';
import { Publishing } from './publishing.js';
import { receivedFrom } from './receiving.js';
import { entriesOf, listOf, textOf } from './reply.js';
import type { RedisScript } from './script.js';
import { scripts } from './scripts.js';
import { extendWords, outcomeOf, placeOfReceipt, refusalWords, settledAs } from './settling.js';
import type { Place } from './token.js';

/** What a queue needs of the client it belongs to. */
export interface QueueHost {
  readonly connection: RedisConnection;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Whether `clock` is all the time there is. */
  readonly isTimeVirtual: boolean;
  /** The time of the answers. */
  readonly shelfTime: ObservedTime;
  /** The client's name among those that wait, and the beginning of its grants. */
  readonly instance: string;
  /** Where the tenant's keys begin. */
  readonly tenantKeys: string;
  /** Somebody waits: see to it that others' changes are heard of. */
  readonly listen: () => void;
  /** Answers may have come for somebody here. */
  readonly answered: () => void;
  /** Something was settled: of a drain it may have been the last. */
  readonly settled: () => void;
}

/** Where the messages of a queue were when it was looked at last. */
export interface QueueStanding extends QueueDepth {
  /** Settled since the queue was made. */
  readonly settled: number;
}

const LETTERS_PAGE = 500;

/** One queue as one client sees it: calls become scripts, and replies outcomes. */
export class RedisQueue {
  /** Messages it held when it was heard of last; undefined before. */
  held: number | undefined;
  readonly keys: string;
  readonly #host: QueueHost;
  readonly #publishing: Publishing;
  readonly #acking: Acking;
  readonly #line: AskLine<readonly Delivery[]>;
  readonly #time: ObservedTime;
  #grants = 0;
  #hasEnded = false;

  constructor(host: QueueHost, keys: string) {
    this.#host = host;
    this.keys = keys;
    this.#line = new AskLine(host.clock);
    this.#time = new ObservedTime(host.clock, host.isTimeVirtual);
    this.#publishing = new Publishing(host.limits, (records) => this.#publish(records));
    this.#acking = new Acking((receipts, answers) => this.#ack(receipts, answers));
  }

  /** Whether a receiver waits here. */
  get isAwaited(): boolean {
    return this.#line.length > 0;
  }

  publish(envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> {
    return this.#publishing.publish(envelopes);
  }

  async receive(request: ReceiveRequest): Promise<readonly Delivery[]> {
    const { agents, waitMs, signal } = request;
    if (signal?.aborted === true) return [];
    const untilMs = this.#host.clock.nowMs() + waitMs;
    const { touches } = this.#line;
    const deliveries = await this.#take(request);
    if (deliveries !== undefined || waitMs <= 0) return deliveries ?? [];
    this.#host.listen();
    const ask = () => this.#take(request);
    const kind = agents === undefined ? '' : JSON.stringify(agents);
    return this.#line.join({ kind, untilMs, ask, nothing: [], signal }, touches);
  }

  ack(receipts: readonly Acknowledgement[]): Promise<readonly SettleOutcome[]> {
    return this.#acking.ack(receipts);
  }

  async extend(receipts: readonly Receipt[], leaseMs: number): Promise<readonly SettleOutcome[]> {
    const { words, order } = extendWords(receipts);
    if (order.length === 0) return settledAs('', order, receipts.length);
    const letters = await this.#change(scripts.extend, [leaseMs, ...words]);
    return settledAs(letters, order, receipts.length);
  }

  async nack(refusals: readonly Refusal[]): Promise<readonly RefusalOutcome[]> {
    const outcomes = new Array<RefusalOutcome>(refusals.length).fill('stale');
    const order: number[] = [];
    const words = refusals.flatMap((refusal, at) => {
      const place = placeOfReceipt(refusal.receipt);
      if (place === undefined) return [];
      order.push(at);
      return refusalWords(refusal, place);
    });
    if (order.length === 0) return outcomes;
    const letters = await this.#change(scripts.nack, this.#nackArgs(words));
    for (const [index, at] of order.entries()) outcomes[at] = outcomeOf(letters[index]);
    if (refusals.some(({ answer }) => answer !== undefined)) this.#host.answered();
    return outcomes;
  }

  async deadLetters(): Promise<DeadLetter[]> {
    const letters: DeadLetter[] = [];
    for (let from = '-'; ; ) {
      const reply = await this.#host.connection.command(
        'XRANGE',
        `${this.keys}dead`,
        from,
        '+',
        'COUNT',
        LETTERS_PAGE,
      );
      const entries = entriesOf(reply);
      for (const entry of entries) letters.push(letterOf(entry));
      const last = entries.at(-1);
      if (last === undefined || entries.length < LETTERS_PAGE) return letters;
      from = `(${last.id}`;
    }
  }

  async stand(): Promise<QueueStanding> {
    const [, , ready, delayed, heldBack, inFlight, settled] = await this.#run(scripts.depth, []);
    const depth = {
      ready: Number(ready),
      delayed: Number(delayed),
      heldBack: Number(heldBack),
      inFlight: Number(inFlight),
    };
    this.held = depth.ready + depth.delayed + depth.heldBack + depth.inFlight;
    return { ...depth, settled: Number(settled) };
  }

  /** Somebody has changed the queue, or may have. */
  touch(): void {
    this.#line.touch();
  }

  /** Gives those who wait what there is now. */
  serve(): Promise<void> {
    return this.#line.serve();
  }

  /** Sends every receiver away with nothing; resolves once none asks any more. */
  end(): Promise<void> {
    this.#hasEnded = true;
    return this.#line.end();
  }

  /** Asks once; undefined where there is nothing. */
  async #take(request: ReceiveRequest): Promise<readonly Delivery[] | undefined> {
    for (;;) {
      this.#grants += 1;
      const grant = `${this.#host.instance}.${this.#grants.toString(36)}`;
      const received = receivedFrom(
        await this.#run(scripts.receive, this.#receiveArgs(request, grant)),
        grant,
      );
      if (this.#hasEnded) return this.#giveBack(received.deliveries);
      if (received.malformed.length > 0) await this.#buryMalformed(received.malformed);
      if (received.deliveries.length > 0) return received.deliveries;
      if (received.malformed.length === 0) return undefined;
    }
  }

  #receiveArgs(request: ReceiveRequest, grant: string): CommandArgs {
    const { max, leaseMs, ageingMs = '', waitMs, agents } = request;
    const { deadLettersMax } = this.#host.limits;
    const lanes = agents === undefined ? ['all'] : ['some', ...agents];
    return [max, leaseMs, ageingMs, grant, Math.max(0, waitMs), deadLettersMax, ...lanes];
  }

  async #giveBack(deliveries: readonly Delivery[]): Promise<undefined> {
    if (deliveries.length === 0) return undefined;
    const refusals = deliveries.map((receipt) => ({ receipt, ...GIVEN_BACK }));
    await this.nack(refusals);
    return undefined;
  }

  async #buryMalformed(places: readonly Place[]): Promise<void> {
    const refusal = { receipt: { seq: 0, token: '' }, ...MALFORMED };
    const words = places.flatMap((place) => refusalWords(refusal, place));
    await this.#change(scripts.nack, this.#nackArgs(words));
  }

  #nackArgs(words: readonly string[]): CommandArgs {
    const [, expectedMs] = this.#host.shelfTime.stamp();
    return [...this.#shelfArgs(), this.#host.limits.deadLettersMax, expectedMs, ...words];
  }

  #shelfArgs(): CommandArgs {
    const { resultTtlMs, resultsMax, resultBytesMax } = this.#host.limits;
    return [resultTtlMs, resultsMax, resultBytesMax];
  }

  #publish(records: readonly string[]): Promise<string> {
    const { limits } = this.#host;
    const bounds = [limits.queueDepthMax, limits.queueBytesMax, limits.dedupeWindowMs, limits.dedupeIdsMax];
    const more = [limits.producersMax, limits.refusalsMax, limits.deadLettersMax];
    return this.#change(scripts.publish, [...bounds, ...more, ...records]);
  }

  async #ack(receipts: readonly string[], answers: readonly string[]): Promise<string> {
    const answersAt = FIRST_RECEIPT + receipts.length;
    const args = [...this.#shelfArgs(), answersAt, ...receipts];
    if (answers.length === 0) return this.#change(scripts.ack, args);
    const [, expectedMs] = this.#host.shelfTime.stamp();
    const letters = await this.#change(scripts.ack, [...args, expectedMs, ...answers]);
    this.#host.answered();
    return letters;
  }

  /** Runs a script that may have changed something for those who wait; answers its letters. */
  async #change(script: RedisScript, args: CommandArgs): Promise<string> {
    const [letters, nowMs, nextMs, held, shelfMs] = listOf(await this.#call(script, args));
    this.#observe(Number(nowMs), Number(nextMs));
    if (Number(shelfMs) >= 0) this.#host.shelfTime.observe(Number(shelfMs));
    this.held = Number(held);
    this.#line.touch();
    this.#host.settled();
    return textOf(letters);
  }

  /** Runs a script whose reply begins with the time and with what is due next. */
  async #run(script: RedisScript, args: CommandArgs): Promise<readonly unknown[]> {
    const reply = listOf(await this.#call(script, args));
    this.#observe(Number(reply[0]), Number(reply[1]));
    return reply;
  }

  #call(script: RedisScript, args: CommandArgs): Promise<unknown> {
    const { connection, tenantKeys, instance } = this.#host;
    const [mode, ms] = this.#time.stamp();
    return connection.run(script, [tenantKeys, this.keys], [mode, ms, instance, ...args]);
  }

  #observe(nowMs: number, nextMs: number): void {
    assert(Number.isFinite(nowMs), 'a script answers what time it is');
    this.#time.observe(nowMs);
    this.#line.expect(nextMs < 0 ? Number.POSITIVE_INFINITY : nextMs - nowMs);
  }
}

/** Where receipts begin among the arguments of `ack.lua`. */
const FIRST_RECEIPT = 8;
const GIVEN_BACK = { fault: 'none', delayMs: 0, attemptsMax: Number.POSITIVE_INFINITY, reason: '' } as const;
const MALFORMED = {
  fault: 'none',
  delayMs: 0,
  attemptsMax: 0,
  reason:
    'the entry is no message as this release writes them: somebody else added it, or another release did',
} as const;
