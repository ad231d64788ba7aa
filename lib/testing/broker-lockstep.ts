import { strict as assert } from 'node:assert';
import type { Broker, Delivery, Receipt } from '../brokers/contract.js';
import { type BrokerOutput, type BrokerState, depthOf, type LeaseHolders, step } from '../brokers/model.js';
import { isConclaveError } from '../core/errors.js';
import type { Envelope } from '../core/message.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import { LateAnswers } from './late-answers.js';
import { LockstepCalls } from './lockstep-calls.js';
import {
  acknowledgements,
  type LockstepCommand,
  type LockstepMove,
  modelCommand,
  plannedTask,
  refusals,
} from './lockstep-command.js';
import { LockstepMemory } from './lockstep-memory.js';
import { wordsOf } from './lockstep-words.js';

const QUEUE = 'tasks';
/** No call has this number. */
const NO_CALL = -1;
/** How often, and how long each time, an answer that is due is waited for where time is not exact. */
const LOOKS_MAX = 500;
const LOOK_MS = 10;
/** Time on top of what is let pass there, so that what should have ended has. */
const SLACK_MS = 20;

/** On what terms a broker is compared with the model. */
export interface LockstepTerms {
  readonly holders: LeaseHolders;
  /** Whether answers that are due are there as soon as the broker has settled. */
  readonly isExact: boolean;
}

/** Drives a broker and the model by the same commands, and fails at the first answer in which they differ. */
export class BrokerLockstep {
  #state: BrokerState;
  #broker: Broker;
  readonly #other: Broker | undefined;
  readonly #under: BrokerUnderTest;
  readonly #terms: LockstepTerms;
  readonly #late = new LateAnswers();
  readonly #memory = new LockstepMemory();
  readonly #calls = new LockstepCalls();
  /** How often each word of the contract was answered. */
  readonly seen = new Map<string, number>();

  private constructor(
    under: BrokerUnderTest,
    state: BrokerState,
    terms: LockstepTerms,
    other: Broker | undefined,
  ) {
    this.#under = under;
    this.#broker = under.broker;
    this.#state = state;
    this.#terms = terms;
    this.#other = other;
  }

  /** Begins with an empty broker and the model of one, and with a second client if there is to be one. */
  static async begin(
    under: BrokerUnderTest,
    state: BrokerState,
    terms: LockstepTerms,
    clients: number,
  ): Promise<BrokerLockstep> {
    return new BrokerLockstep(under, state, terms, clients > 1 ? await under.another?.() : undefined);
  }

  /** The commands on both sides, then every answer, the depth and the dead letters compared. */
  async run(move: LockstepMove): Promise<void> {
    const late: BrokerOutput[] = [];
    for (const command of move.commands) {
      if (this.#isLeftOut(command)) continue;
      const outputs = await this.#obey(command, this.#clientFor(move, command));
      late.push(...outputs);
    }
    await this.#settle(late);
    this.#compareLate(late);
    await this.#compareStandings();
  }

  /** Closes what is open. */
  async end(): Promise<void> {
    for (const broker of [this.#broker, this.#other]) await broker?.close({ drain: false, deadlineMs: 0 });
    await this.#under.dispose();
  }

  /** The model knows one close of the whole: of two clients none is closed. */
  #isLeftOut({ type }: LockstepCommand): boolean {
    return type === 'idle' || (type === 'close' && this.#other !== undefined);
  }

  /** Who waits is one client alone: in what order two of them are served is nobody's promise. */
  #clientFor({ client }: LockstepMove, command: LockstepCommand): Broker {
    const isOpen = this.#state.phase === 'open';
    return client === 1 && isOpen && !waits(command) ? (this.#other ?? this.#broker) : this.#broker;
  }

  /** One command on both sides; what is answered at once is compared, what may come later is given back. */
  async #obey(command: LockstepCommand, broker: Broker): Promise<BrokerOutput[]> {
    const receipts = 'picks' in command ? this.#memory.pick(command.picks) : [];
    const envelopes = command.type === 'publish' ? this.#memory.envelopes(command.messages) : [];
    const wasClosed = this.#state.phase === 'closed';
    const named = receipts.map(({ model }) => model);
    const circumstances = this.#circumstances(command);
    const { state, outputs } = step(this.#state, modelCommand(command, named, envelopes, circumstances));
    this.#state = state;
    if (command.type === 'callOff' && this.#calls.callOff(circumstances.call)) this.#count('called off');
    const theirs = receipts.map((receipt) => receipt.broker);
    const direct = await this.#ask(command, broker, theirs, envelopes, wasClosed);
    this.#compareDirect(outputs, direct);
    return outputs.filter((output) => !isDirect(output));
  }

  /** Asks the broker; the outcomes, the code of a rejection, or nothing for what answers in its own time. */
  async #ask(
    command: LockstepCommand,
    broker: Broker,
    receipts: readonly Receipt[],
    envelopes: readonly Envelope[],
    wasClosed: boolean,
  ): Promise<unknown> {
    switch (command.type) {
      case 'publish':
        return answerOf(broker.publish(QUEUE, envelopes));
      case 'ack':
        return answerOf(broker.ack(QUEUE, acknowledgements(receipts, command.answer)));
      case 'extend':
        return answerOf(broker.extend(QUEUE, receipts, command.leaseMs));
      case 'nack':
        return answerOf(broker.nack(QUEUE, refusals(receipts, command)));
      case 'find':
        return answerOf(shelfOf(broker).find(plannedTask(command.task)));
      case 'receive': {
        const { call, signal } = this.#calls.begin();
        const answer = broker.receive(QUEUE, { ...command.request, signal });
        return wasClosed ? answerOf(answer) : this.#late.receive(call, answer);
      }
      case 'read':
        return this.#read(command, broker, wasClosed);
      case 'close':
        return this.#late.close(broker.close(command.request));
      case 'advance':
        return this.#under.advance(command.byMs + (this.#terms.isExact ? 0 : SLACK_MS));
      case 'reopen':
        return this.#reopen();
      case 'callOff': // whoever waits is answered by call, and nobody else
      case 'idle':
        return undefined;
    }
  }

  #circumstances(command: LockstepCommand) {
    const place = command.type === 'read' ? this.#memory.cursor(command.asker).model : 0;
    const call = command.type === 'callOff' ? this.#waiting(command.pick) : this.#calls.next;
    return { call, place, holders: this.#terms.holders };
  }

  /** The call of one of those who wait. */
  #waiting(pick: number): number {
    const waiting = [...this.#state.waiters, ...this.#state.readers];
    return waiting[pick % waiting.length]?.call ?? NO_CALL;
  }

  #read(command: Extract<LockstepCommand, { type: 'read' }>, broker: Broker, wasClosed: boolean): unknown {
    const { asker, max, waitMs, isTaken } = command;
    const { broker: cursor } = this.#memory.cursor(asker);
    const { call, signal } = this.#calls.begin();
    const answer = shelfOf(broker).read(asker, { cursor, max, waitMs, signal });
    if (wasClosed) return answerOf(answer);
    if (isTaken) this.#memory.takes(call, asker);
    return this.#late.read(call, answer);
  }

  async #reopen(): Promise<void> {
    assert(this.#under.reopen !== undefined, 'a broker that is not said to lack durable can be opened again');
    this.#late.abandon();
    this.#memory.reopen(this.#terms.holders);
    this.#broker = await this.#under.reopen();
    this.#count('opened again');
  }

  async #settle(late: readonly BrokerOutput[]): Promise<void> {
    if (this.#terms.isExact) return this.#under.advance(0);
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      if (late.every((output) => this.#late.has(output))) return;
      await this.#under.advance(LOOK_MS);
    }
  }

  #compareDirect(outputs: readonly BrokerOutput[], direct: unknown): void {
    for (const output of outputs) {
      if (output.type === 'published' || output.type === 'settled') {
        assert.deepEqual(direct, output.outcomes, 'outcomes, broker against model');
        for (const outcome of output.outcomes) this.#count(outcome);
      }
      if (output.type === 'rejected') {
        assert.equal(direct, output.code, 'the code of the rejection');
        this.#count(output.code);
      }
      if (output.type === 'found') {
        assert.deepEqual(direct, output.answer, 'the answer to a task');
        this.#count(output.answer === undefined ? 'no answer' : 'answer found');
      }
    }
  }

  #compareLate(outputs: readonly BrokerOutput[]): void {
    for (const output of outputs) {
      assert(this.#late.has(output), `call ${'call' in output ? output.call : ''}: ${output.type} by now`);
      if (output.type === 'received') this.#compareDeliveries(output.call, output.deliveries);
      if (output.type === 'read') this.#comparePages(output);
      if (output.type === 'closed') {
        assert.deepEqual(this.#late.report, output.report, 'the report of close, broker against model');
        this.#count('closed');
      }
    }
    assert.deepEqual([...this.#late.received.keys()], [], 'receives that the model leaves waiting');
    assert.deepEqual([...this.#late.pages.keys()], [], 'reads that the model leaves waiting');
    if (this.#state.phase !== 'closed') assert.equal(this.#late.report, undefined, 'close has not ended yet');
  }

  #compareDeliveries(call: number, expected: readonly Delivery[]): void {
    const deliveries = this.#late.received.get(call) ?? [];
    this.#late.received.delete(call);
    assert.deepEqual(deliveries.map(withoutToken), expected.map(withoutToken), 'deliveries');
    this.#memory.keepReceipts(expected, deliveries);
    for (const word of wordsOf(expected)) this.#count(word);
  }

  #comparePages({ call, answers, place }: Extract<BrokerOutput, { type: 'read' }>): void {
    const page = this.#late.pages.get(call);
    this.#late.pages.delete(call);
    assert.deepEqual(page?.answers, answers, 'a page of answers');
    if (page !== undefined) this.#memory.turn(call, { model: place, broker: page.cursor });
    if (answers.length > 0) this.#count('answers read');
  }

  async #compareStandings(): Promise<void> {
    const isClosed = this.#state.phase === 'closed';
    if (depthOf(this.#state).heldBack > 0) this.#count('held back');
    assert.deepEqual(
      await answerOf(this.#broker.depth(QUEUE)),
      isClosed ? 'ShuttingDown' : depthOf(this.#state),
      'depth',
    );
    assert.deepEqual(
      await answerOf(this.#broker.deadLetters(QUEUE)),
      isClosed ? 'ShuttingDown' : this.#state.deadLetters,
      'dead letters',
    );
  }

  #count(word: string): void {
    this.seen.set(word, (this.seen.get(word) ?? 0) + 1);
  }
}

function waits(command: LockstepCommand): boolean {
  if (command.type === 'receive') return command.request.waitMs > 0;
  return command.type === 'read' && command.waitMs > 0;
}

function isDirect({ type }: BrokerOutput): boolean {
  return type !== 'received' && type !== 'read' && type !== 'closed';
}

function withoutToken({ token: _, ...delivery }: Delivery): Omit<Delivery, 'token'> {
  return delivery;
}

function shelfOf({ answers, name }: Broker) {
  assert(answers !== undefined, `${name} keeps answers, or its factory says that it lacks them`);
  return answers;
}

/** What a call resolves to, or the code it is rejected with. */
async function answerOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isConclaveError(error)) return error.code;
    throw error;
  }
}
