import { strict as assert } from 'node:assert';
import type { CloseReport, Delivery, Fault, Receipt, ReceiveRequest, Refusal } from '../brokers/contract.js';
import { type BrokerCommand, type BrokerOutput, type BrokerState, depthOf, step } from '../brokers/model.js';
import { isConclaveError } from '../core/errors.js';
import { ENVELOPE_VERSION, type Envelope, messageId, producedId } from '../core/message.js';
import type { Encoded } from '../core/value.js';
import type { BrokerUnderTest } from './broker-under-test.js';
import { testEnvelope } from './envelopes.js';

const QUEUE = 'tasks';

/** A message to be published: `ahead` of the last number its producer tried (0 and less is a resend). */
export interface PlannedMessage {
  readonly producer: string;
  readonly ahead: number;
  readonly ownId: string | undefined;
  readonly isUnknownVersion: boolean;
  readonly orderingKey: string | undefined;
  readonly priority: number;
  readonly delayMs: number;
  readonly payload: string;
}

/** What a random step asks for; `pick` chooses, modulo their number, among the deliveries given out so far. */
export type LockstepCommand =
  | Extract<BrokerCommand, { type: 'advance' | 'close' }>
  | { readonly type: 'publish'; readonly messages: readonly PlannedMessage[] }
  | { readonly type: 'receive'; readonly request: ReceiveRequest }
  | { readonly type: 'ack'; readonly picks: readonly number[] }
  | { readonly type: 'extend'; readonly picks: readonly number[]; readonly leaseMs: number }
  | {
      readonly type: 'nack';
      readonly picks: readonly number[];
      readonly fault: Fault;
      readonly delayMs: number;
      readonly attemptsMax: number;
    };

/** One delivery as both named it: tokens are each broker's own. */
interface KnownReceipt {
  readonly model: Receipt;
  readonly broker: Receipt;
}

/** Drives a broker and the model by the same commands, and fails at the first answer in which they differ. */
export class BrokerLockstep {
  #state: BrokerState;
  readonly #under: BrokerUnderTest;
  readonly #receipts: KnownReceipt[] = [];
  readonly #received = new Map<number, readonly Delivery[]>();
  #report: CloseReport | undefined;
  #calls = 0;
  readonly #tried = new Map<string, number>();
  /** How often each word of the contract was answered. */
  readonly seen = new Map<string, number>();

  constructor(under: BrokerUnderTest, state: BrokerState) {
    this.#under = under;
    this.#state = state;
  }

  /** One command on both sides, then every answer, the depth and the dead letters compared. */
  async run(command: LockstepCommand): Promise<void> {
    const receipts = this.#pick(command);
    const envelopes = command.type === 'publish' ? command.messages.map((plan) => this.#envelope(plan)) : [];
    const wasClosed = this.#state.phase === 'closed';
    const { state, outputs } = step(this.#state, this.#forModel(command, receipts, envelopes));
    this.#state = state;
    const direct = await this.#ask(command, receipts, envelopes, wasClosed);
    await this.#under.advance(command.type === 'advance' ? command.byMs : 0);
    this.#compareAnswers(outputs, direct);
    await this.#compareStandings();
  }

  #pick(command: LockstepCommand): KnownReceipt[] {
    if (!('picks' in command) || this.#receipts.length === 0) return [];
    return command.picks.flatMap((pick) => {
      // From the latest back, so that shrinking a sequence keeps what its picks mean.
      const known = this.#receipts.at(-1 - (pick % this.#receipts.length));
      return known === undefined ? [] : [known];
    });
  }

  #envelope(plan: PlannedMessage): Envelope {
    const seq = Math.max(1, (this.#tried.get(plan.producer) ?? 0) + plan.ahead);
    this.#tried.set(plan.producer, seq);
    return testEnvelope(seq, {
      producer: plan.producer,
      id: plan.ownId === undefined ? producedId(plan.producer, seq) : messageId(plan.ownId),
      // What another release would have written cannot be typed, as the encoded text of a payload cannot.
      v: (plan.isUnknownVersion ? 2 : ENVELOPE_VERSION) as typeof ENVELOPE_VERSION,
      orderingKey: plan.orderingKey,
      priority: plan.priority,
      delayMs: plan.delayMs,
      payload: plan.payload as Encoded,
    });
  }

  #forModel(
    command: LockstepCommand,
    receipts: readonly KnownReceipt[],
    envelopes: readonly Envelope[],
  ): BrokerCommand {
    const named = receipts.map(({ model }) => model);
    switch (command.type) {
      case 'publish':
        return { type: 'publish', envelopes };
      case 'receive':
        return { ...command, call: this.#calls };
      case 'ack':
        return { type: 'ack', receipts: named };
      case 'extend':
        return { type: 'extend', receipts: named, leaseMs: command.leaseMs };
      case 'nack':
        return { type: 'nack', refusals: named.map((receipt) => refusal(command, receipt)) };
      default:
        return command;
    }
  }

  /** Asks the broker; the outcomes, the code of a rejection, or nothing for what answers in its own time. */
  async #ask(
    command: LockstepCommand,
    receipts: readonly KnownReceipt[],
    envelopes: readonly Envelope[],
    wasClosed: boolean,
  ): Promise<unknown> {
    const { broker } = this.#under;
    const named = receipts.map((receipt) => receipt.broker);
    switch (command.type) {
      case 'publish':
        return answerOf(broker.publish(QUEUE, envelopes));
      case 'ack':
        return answerOf(broker.ack(QUEUE, named));
      case 'extend':
        return answerOf(broker.extend(QUEUE, named, command.leaseMs));
      case 'nack':
        return answerOf(
          broker.nack(
            QUEUE,
            named.map((receipt) => refusal(command, receipt)),
          ),
        );
      case 'receive':
        return this.#receive(command.request, wasClosed);
      case 'close':
        void broker.close(command.request).then((report) => {
          this.#report = report;
        });
        return undefined;
      case 'advance':
        return undefined;
    }
  }

  async #receive(request: ReceiveRequest, wasClosed: boolean): Promise<unknown> {
    const call = this.#calls;
    this.#calls += 1;
    const answer = this.#under.broker.receive(QUEUE, request).then((deliveries) => {
      this.#received.set(call, deliveries);
    });
    return wasClosed ? answerOf(answer) : undefined;
  }

  #compareAnswers(outputs: readonly BrokerOutput[], direct: unknown): void {
    for (const output of outputs) {
      switch (output.type) {
        case 'published':
        case 'settled':
          assert.deepEqual(direct, output.outcomes, 'outcomes, broker against model');
          for (const outcome of output.outcomes) this.#count(outcome);
          break;
        case 'rejected':
          assert.equal(direct, output.code, 'the code of the rejection');
          this.#count(output.code);
          break;
        case 'received':
          this.#compareDeliveries(output.call, output.deliveries);
          break;
        case 'closed':
          assert.deepEqual(this.#report, output.report, 'the report of close, broker against model');
          this.#count('closed');
          break;
      }
    }
    assert.deepEqual([...this.#received.keys()], [], 'receives that the model leaves waiting');
    if (this.#state.phase !== 'closed') assert.equal(this.#report, undefined, 'close has not ended yet');
  }

  #compareDeliveries(call: number, expected: readonly Delivery[]): void {
    const deliveries = this.#received.get(call);
    assert.notEqual(deliveries, undefined, `receive ${call} should have been answered by now`);
    this.#received.delete(call);
    assert.deepEqual(deliveries?.map(withoutToken), expected.map(withoutToken), 'deliveries');
    this.#count(expected.length === 0 ? 'nothing' : 'delivered');
    this.#countOrder(expected.filter((delivery) => delivery.deliveries === 1));
    for (const [index, delivery] of (deliveries ?? []).entries()) {
      const twin = expected[index];
      if (twin === undefined) continue;
      if (twin.deliveries > 1) this.#count('delivered again');
      this.#receipts.push({
        model: { seq: twin.seq, token: twin.token },
        broker: { seq: delivery.seq, token: delivery.token },
      });
    }
  }

  /** What decided the order of these first deliveries. */
  #countOrder(firsts: readonly Delivery[]): void {
    for (const [index, { seq, envelope }] of firsts.entries()) {
      if (envelope.delayMs > 0) this.#count('delivered after its delay');
      const next = firsts[index + 1];
      if (next !== undefined && next.seq < seq) this.#count('before an older one');
      if (next !== undefined && next.envelope.priority > envelope.priority)
        this.#count('before a larger priority');
    }
  }

  async #compareStandings(): Promise<void> {
    const { broker } = this.#under;
    const isClosed = this.#state.phase === 'closed';
    if (depthOf(this.#state).heldBack > 0) this.#count('held back');
    assert.deepEqual(
      await answerOf(broker.depth(QUEUE)),
      isClosed ? 'ShuttingDown' : depthOf(this.#state),
      'depth',
    );
    assert.deepEqual(
      await answerOf(broker.deadLetters(QUEUE)),
      isClosed ? 'ShuttingDown' : this.#state.deadLetters,
      'dead letters',
    );
  }

  #count(word: string): void {
    this.seen.set(word, (this.seen.get(word) ?? 0) + 1);
  }
}

function refusal(command: Extract<LockstepCommand, { type: 'nack' }>, receipt: Receipt): Refusal {
  const { fault, delayMs, attemptsMax } = command;
  return { receipt, fault, delayMs, attemptsMax, reason: `refused as ${fault}` };
}

function withoutToken({ token: _, ...delivery }: Delivery): Omit<Delivery, 'token'> {
  return delivery;
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
