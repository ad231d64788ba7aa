import type { Receipt } from '../brokers/contract.js';
import type { LeaseHolders } from '../brokers/model.js';
import { ENVELOPE_VERSION, type Envelope, messageId, producedId } from '../core/message.js';
import type { Encoded } from '../core/value.js';
import { testEnvelope } from './envelopes.js';
import type { PlannedMessage } from './lockstep-command.js';

/** One delivery as both named it: tokens are each broker's own. */
interface KnownReceipt {
  readonly model: Receipt;
  readonly broker: Receipt;
}

/** How far one asker has read, as both name it. */
interface KnownCursor {
  readonly model: number;
  readonly broker: string;
}

const START: KnownCursor = { model: 0, broker: '' };

/** What random commands refer to: deliveries given out, cursors read up to, numbers that producers have tried. */
export class LockstepMemory {
  readonly #receipts: KnownReceipt[] = [];
  readonly #tried = new Map<string, number>();
  readonly #cursors = new Map<string, KnownCursor>();
  readonly #taking = new Map<number, string>();

  /** The deliveries picked, from the latest back, so that shrinking a sequence keeps what its picks mean. */
  pick(picks: readonly number[]): KnownReceipt[] {
    if (this.#receipts.length === 0) return [];
    return picks.flatMap((pick) => {
      const known = this.#receipts.at(-1 - (pick % this.#receipts.length));
      return known === undefined ? [] : [known];
    });
  }

  keepReceipts(model: readonly Receipt[], broker: readonly Receipt[]): void {
    for (const [at, { seq, token }] of model.entries()) {
      const twin = broker[at];
      if (twin === undefined) continue;
      this.#receipts.push({ model: { seq, token }, broker: { seq: twin.seq, token: twin.token } });
    }
  }

  envelopes(plans: readonly PlannedMessage[]): Envelope[] {
    return plans.map((plan) => this.#envelope(plan));
  }

  cursor(asker: string): KnownCursor {
    return this.#cursors.get(asker) ?? START;
  }

  /** The asker of this call will go on from where its page ends. */
  takes(call: number, asker: string): void {
    this.#taking.set(call, asker);
  }

  turn(call: number, cursor: KnownCursor): void {
    const asker = this.#taking.get(call);
    if (asker !== undefined && cursor.model > this.cursor(asker).model) this.#cursors.set(asker, cursor);
  }

  /** Who died with the queue has read nothing when it is opened again. */
  reopen(holders: LeaseHolders): void {
    this.#taking.clear();
    if (holders === 'dead') this.#cursors.clear();
  }

  #envelope(plan: PlannedMessage): Envelope {
    const { producer, agent, orderingKey, priority, delayMs } = plan;
    const seq = Math.max(1, (this.#tried.get(producer) ?? 0) + plan.ahead);
    this.#tried.set(producer, seq);
    return testEnvelope(seq, {
      producer,
      agent,
      orderingKey,
      priority,
      delayMs,
      id: plan.ownId === undefined ? producedId(producer, seq) : messageId(plan.ownId),
      // What another release would have written cannot be typed, as the encoded text of a payload cannot.
      v: (plan.isUnknownVersion ? 2 : ENVELOPE_VERSION) as typeof ENVELOPE_VERSION,
      payload: plan.payload as Encoded,
    });
  }
}
