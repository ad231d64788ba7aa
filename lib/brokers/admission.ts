import { strict as assert } from 'node:assert';
import type { Limits } from '../core/limits.js';
import { ENVELOPE_VERSION, type Envelope, PRIORITY_MAX } from '../core/message.js';
import type { Encoded } from '../core/value.js';
import type { PublishOutcome, ReceiveRequest } from './contract.js';
import type { Identities } from './identities.js';
import { BYTES_A_CHARACTER_MAX, type MessagePages } from './message-pages.js';
import type { QueueJournal } from './queue-journal.js';

/** What is held, as far as it says whether more fits in. */
type Room = Pick<MessagePages<object>, 'length' | 'hasRoomFor'>;

/** Decides what is taken into a queue: by size first, then by identity, then by room. */
export class Admission {
  readonly #limits: Limits;
  readonly #identities: Identities;
  readonly #messages: Room;
  readonly #journal: Pick<QueueJournal, 'refusedAsFull'> | undefined;

  constructor(limits: Limits, identities: Identities, messages: Room, journal: QueueJournal | undefined) {
    this.#limits = limits;
    this.#identities = identities;
    this.#messages = messages;
    this.#journal = journal;
  }

  /** What becomes of a message, which is known from now on if it is accepted; after one that was full all new ones are. */
  judge(envelope: Envelope, isProduced: boolean, nowMs: number, isFull: boolean): PublishOutcome {
    if (isTooLarge(envelope.payload, this.#limits.payloadBytesMax)) return 'too-large';
    if (this.#identities.has(envelope, isProduced, nowMs)) return 'duplicate';
    const isKnown = envelope.v === ENVELOPE_VERSION;
    if (isKnown) assertInRange(envelope);
    if (isFull || (isKnown && !this.#hasRoomFor(envelope))) {
      this.#identities.refuse(envelope, isProduced);
      this.#journal?.refusedAsFull(envelope);
      return 'full';
    }
    this.#identities.accept(envelope, isProduced, nowMs);
    return 'accepted';
  }

  #hasRoomFor({ payload }: Envelope): boolean {
    const { queueDepthMax, queueBytesMax } = this.#limits;
    return this.#messages.length < queueDepthMax && this.#messages.hasRoomFor(payload, queueBytesMax);
  }
}

function isTooLarge(payload: Encoded, bytesMax: number): boolean {
  return payload.length * BYTES_A_CHARACTER_MAX > bytesMax && Buffer.byteLength(payload) > bytesMax;
}

/** A priority or a delay that no release would write is a programming error. */
export function assertInRange({ priority, delayMs }: Envelope): void {
  const isPriority = Number.isInteger(priority) && priority >= 0 && priority <= PRIORITY_MAX;
  if (!isPriority)
    assert.fail(`an envelope of priority ${priority}: a whole number from 0 to ${PRIORITY_MAX}`);
  if (!(delayMs >= 0)) assert.fail(`an envelope delayed by ${delayMs} ms: 0 or more`);
}

/** Why an envelope of another version is a dead letter. */
export function unknownVersion(envelope: Envelope): string {
  return `envelope version ${envelope.v} is not ${ENVELOPE_VERSION}: it was published by another release`;
}

/** A request that could never be met is a programming error. */
export function assertReceivable({ max, leaseMs, ageingMs }: ReceiveRequest): void {
  if (!Number.isInteger(max) || max <= 0) assert.fail(`receive of ${max}: max is 1 or more`);
  assertLasting(leaseMs);
  if (!isAgeing(ageingMs)) assert.fail(`ageing by ${ageingMs} ms: more than 0, and finite`);
}

/** So is a lease that is over before it began. */
export function assertLasting(leaseMs: number): void {
  if (!(leaseMs > 0)) assert.fail(`a lease of ${leaseMs} ms: it must last`);
}

function isAgeing(ageingMs: number | undefined): boolean {
  return ageingMs === undefined || (ageingMs > 0 && ageingMs < Number.POSITIVE_INFINITY);
}
