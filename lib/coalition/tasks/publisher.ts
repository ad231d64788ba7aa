import type { Broker, PublishOutcome } from '../../brokers/contract.js';
import { unlessAborted } from '../../core/abort.js';
import { type Clock, sleep, within } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';
import {
  ENVELOPE_VERSION,
  type Envelope,
  type MessageKind,
  messageId,
  NO_TRIES,
  PRIORITY_DEFAULT,
  producedId,
  type Tries,
} from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import { chunkHeaders } from '../chunks/chunk.js';
import { type PublishCall, PublishLine, type Said } from './publish-line.js';
import { tooLarge } from './too-large.js';

/** What a message says, before it has an identity. */
export interface Draft {
  readonly kind: MessageKind;
  readonly agent: string;
  readonly payload: Encoded;
  /** The caller's own id; without one the message is known by producer and sequence number. */
  readonly id?: string | undefined;
  readonly priority?: number | undefined;
  readonly orderingKey?: string | undefined;
  readonly delayMs?: number | undefined;
  readonly tries?: Tries | undefined;
  /** How often it was given out and failed before, where it was another message then. */
  readonly deliveries?: number;
  readonly failures?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many tasks it carries, if it is a chunk. */
  readonly count?: number | undefined;
}

export interface PublisherOptions {
  readonly broker: Broker;
  readonly queue: string;
  readonly coalition: string;
  /** This producer's session. */
  readonly producer: string;
  readonly epoch: () => number;
  readonly clock: Clock;
  /** How long what is published together is repeated, while nobody knows whether the broker has it. */
  readonly patienceMs: number;
}

/** What the broker said of a message. */
export interface Published {
  readonly outcome: PublishOutcome;
  /** It was asked more than once: a duplicate may be this very message. */
  readonly isRepeated: boolean;
}

/** Whoever must know of messages before they can be answered. */
export interface PublishWatcher {
  stamped(envelopes: readonly Envelope[]): void;
  refused(envelopes: readonly Envelope[]): void;
}

/** Messages that go together: of one tick, or since the publish that is under way was sent. */
interface Tick {
  readonly envelopes: Envelope[];
  readonly call: PublishCall;
  untilMs: number;
}

const ROOM_WAIT_MS = 10;
/** How long a single message is repeated while its outcome is unknown, if nobody waits longer for it. */
const REPEAT_MS = 2_000;

/** One producer on one queue: gives messages their identity and publishes them, all that wait in one step. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #line: PublishLine;
  #seq = 0;
  #tick: Tick | undefined;
  readonly #closing = new AbortController();
  readonly #ending = new AbortController();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#line = new PublishLine({ ...options, closing: this.#closing.signal });
  }

  /** What the broker said, while nobody knows whether it has what was published last. */
  get trouble(): unknown {
    return this.#line.trouble;
  }

  /** Resolves once what was published so far has its outcome, or is given up. */
  get settled(): Promise<void> {
    return this.#line.settled;
  }

  /** Gives a message its identity: from here on it keeps its place in the order. */
  stamp(draft: Draft): Envelope {
    const { queue, coalition, producer, epoch, clock } = this.#options;
    const seq = this.#seq + 1;
    this.#seq += draft.count ?? 1; // each task of a chunk has its number
    return {
      v: ENVELOPE_VERSION,
      id: draft.id === undefined ? producedId(producer, seq) : messageId(draft.id),
      producer,
      seq,
      coalition,
      queue,
      kind: draft.kind,
      agent: draft.agent,
      orderingKey: draft.orderingKey,
      priority: draft.priority ?? PRIORITY_DEFAULT,
      delayMs: draft.delayMs ?? 0,
      tries: draft.tries ?? NO_TRIES,
      deliveries: draft.deliveries ?? 0,
      failures: draft.failures ?? 0,
      crashes: 0,
      enqueuedAtMs: clock.wallMs(),
      epoch: epoch(),
      headers: draft.count === undefined ? (draft.headers ?? NO_HEADERS) : chunkHeaders(draft.count),
      payload: draft.payload,
    };
  }

  /**
   * Publishes one message together with all others that wait. An unknown outcome is asked for again, with the same
   * identity, until that time of the clock, and for a short while at least.
   * @throws `BrokerUnavailable` or `Timeout`: the outcome is unknown. The signal's reason, likewise, should it abort
   * while the broker is asked again.
   */
  async publish(envelope: Envelope, untilMs = 0, signal?: AbortSignal): Promise<Published> {
    const patientMs = Math.max(untilMs, this.#options.clock.nowMs() + REPEAT_MS);
    this.#tick ??= this.#openTick();
    const tick = this.#tick;
    tick.untilMs = Math.max(tick.untilMs, patientMs);
    const position = tick.envelopes.push(envelope) - 1;
    const { call } = tick;
    const said = (await call.first) ?? (await unlessAborted(this.#inTime(call.said, patientMs), signal));
    return { outcome: said.outcomes[position] ?? 'full', isRepeated: said.isRepeated };
  }

  /**
   * Publishes in order and waits for room as long as the queue is full, or until `signal` aborts. The watcher
   * hears of each message before the broker does; what is refused for want of room is stamped again. Resolves to
   * how many were new to the queue; one that may be is counted.
   * @throws `MessageTooLarge` for a payload over the broker's limit, `ShuttingDown` after `close`; `BrokerUnavailable`
   * or `Timeout` when the outcome was still unknown after `patienceMs`, as it is of what was refused last then.
   */
  async publishAll(
    drafts: readonly Draft[],
    watcher?: PublishWatcher,
    signal?: AbortSignal,
  ): Promise<number> {
    const { broker, clock } = this.#options;
    const { signal: closing } = this.#closing;
    let accepted = 0;
    let waiting = drafts;
    while (waiting.length > 0) {
      this.throwIfClosed();
      signal?.throwIfAborted();
      const { envelopes, call } = this.#send(waiting, watcher);
      const { outcomes, isRepeated } = await this.#said(call, envelopes, watcher, signal);
      const refused = envelopes.filter((_, index) => !isHeld(outcomes[index]));
      accepted += outcomes.filter((outcome) =>
        isRepeated ? isHeld(outcome) : outcome === 'accepted',
      ).length;
      if (refused.length > 0) watcher?.refused(refused);
      const oversized = envelopes[outcomes.indexOf('too-large')];
      if (oversized !== undefined) throw tooLarge(oversized, broker);
      waiting = waiting.filter((_, index) => outcomes[index] === 'full');
      if (waiting.length > 0) await sleep(clock, ROOM_WAIT_MS, signal, closing);
    }
    return accepted;
  }

  /**
   * Publishes what was accepted before, under new names, also after `close`: as `publishAll`, but it waits for room
   * until `end`.
   * @throws `ShuttingDown` then; `BrokerUnavailable` or `Timeout` when the outcome is unknown.
   */
  async republish(drafts: readonly Draft[], watcher: PublishWatcher): Promise<void> {
    const { signal } = this.#ending;
    for (let waiting = drafts; waiting.length > 0; ) {
      signal.throwIfAborted();
      const { envelopes, call } = this.#send(waiting, watcher);
      const { outcomes } = await this.#said(call, envelopes, watcher, undefined);
      const isRefused = (_: unknown, index: number) => !isHeld(outcomes[index]);
      watcher.refused(envelopes.filter(isRefused));
      waiting = waiting.filter(isRefused);
      if (waiting.length > 0) await sleep(this.#options.clock, ROOM_WAIT_MS, signal);
    }
  }

  /**
   * Waits a while for room, at most until that time of the clock; false if that has come.
   * @throws the signal's reason when it aborts, `ShuttingDown` after `close`.
   */
  async waitForRoom(untilMs: number, signal?: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const { signal: closing } = this.#closing;
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) return false;
    await sleep(clock, Math.min(ROOM_WAIT_MS, leftMs), signal, closing);
    this.throwIfClosed();
    signal?.throwIfAborted();
    return true;
  }

  /** Why the broker would never take this message; undefined if it would. */
  refusalOf(draft: Draft): ConclaveError | undefined {
    const { broker } = this.#options;
    const isTooLarge = Buffer.byteLength(draft.payload) > broker.capabilities.payloadBytesMax;
    return isTooLarge ? tooLarge(draft, broker) : undefined;
  }

  /** @throws `ShuttingDown` after `close`. */
  throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** Whoever waits for room waits no longer. */
  close(): void {
    this.#closing.abort(this.#shuttingDown());
  }

  /** Nothing is published any more. */
  end(): void {
    this.#ending.abort(this.#shuttingDown());
  }

  #shuttingDown(): ConclaveError {
    const { queue } = this.#options;
    return new ConclaveError(
      'ShuttingDown',
      `The coalition was shut down before there was room in ${queue}.`,
    );
  }

  #openTick(): Tick {
    const envelopes: Envelope[] = [];
    const take = () => {
      if (this.#tick === tick) this.#tick = undefined;
      return envelopes;
    };
    const call = this.#line.send(take, () => tick.untilMs);
    const tick: Tick = { envelopes, call, untilMs: 0 };
    return tick;
  }

  /** Whoever comes later is not to join those before: they have lower numbers, and go first. */
  #send(drafts: readonly Draft[], watcher: PublishWatcher | undefined) {
    const { clock, patienceMs } = this.#options;
    this.#tick = undefined;
    const envelopes = drafts.map((draft) => this.stamp(draft));
    watcher?.stamped(envelopes);
    const untilMs = clock.nowMs() + patienceMs;
    const call = this.#line.send(
      () => envelopes,
      () => untilMs,
    );
    return { envelopes, call };
  }

  async #said(
    call: PublishCall,
    envelopes: readonly Envelope[],
    watcher: PublishWatcher | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Said> {
    try {
      return (await call.first) ?? (await unlessAborted(call.said, signal));
    } catch (error) {
      if (signal?.aborted !== true) watcher?.refused(envelopes);
      throw error;
    }
  }

  async #inTime(said: Promise<Said>, untilMs: number): Promise<Said> {
    const { clock } = this.#options;
    if (await within(clock, Math.max(0, untilMs - clock.nowMs()), said)) return said;
    throw this.#line.trouble ?? unknownYet(this.#options.broker);
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

function unknownYet({ name }: Broker): ConclaveError {
  return new ConclaveError(
    'BrokerUnavailable',
    `${name} did not say in time whether it has taken a message.`,
  );
}

function isHeld(outcome: PublishOutcome | undefined): boolean {
  return outcome === 'accepted' || outcome === 'duplicate';
}
