import { type Envelope, hasProducedId, type MessageId, producedId, type Tries } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import { type Column, cell, columnOf, type NumberColumn, numberCell, numbersOf } from './column.js';

/**
 * Envelopes in columns: what all of a batch have in common, as most of an envelope is, stands there once. Their
 * payloads are in the row's text, one after the other.
 */
export interface PackedEnvelopes {
  readonly count: number;
  readonly v: Column<Envelope['v']>;
  /** Only where a caller chose ids of its own: the others follow from producer and seq. */
  readonly id?: Column<MessageId>;
  readonly producer: Column<string>;
  readonly seq: NumberColumn;
  readonly coalition: Column<string>;
  readonly queue: Column<string>;
  readonly kind: Column<Envelope['kind']>;
  readonly agent: Column<string>;
  readonly orderingKey: Column<string | null>;
  readonly priority: Column<number>;
  readonly delayMs: Column<number>;
  readonly tries: Column<Tries>;
  readonly deliveries: Column<number>;
  readonly failures: Column<number>;
  readonly crashes: Column<number>;
  readonly enqueuedAtMs: NumberColumn;
  readonly epoch: Column<number>;
  readonly headers: Column<Envelope['headers']>;
  /** Characters of each payload. */
  readonly length: Column<number>;
}

const NO_HEADERS: Envelope['headers'] = Object.freeze({});
const NO_TRIES: Tries = Object.freeze({});

/** What stands in the row's head; the payloads are the caller's to write. */
export function packEnvelopes(envelopes: readonly Envelope[]): PackedEnvelopes {
  return {
    count: envelopes.length,
    v: columnOf(envelopes, ({ v }) => v),
    ...(envelopes.every(hasProducedId) ? {} : { id: columnOf(envelopes, ({ id }) => id) }),
    producer: columnOf(envelopes, ({ producer }) => producer),
    seq: numbersOf(envelopes, ({ seq }) => seq),
    coalition: columnOf(envelopes, ({ coalition }) => coalition),
    queue: columnOf(envelopes, ({ queue }) => queue),
    kind: columnOf(envelopes, ({ kind }) => kind),
    agent: columnOf(envelopes, ({ agent }) => agent),
    orderingKey: columnOf(envelopes, ({ orderingKey }) => orderingKey ?? null),
    priority: columnOf(envelopes, ({ priority }) => priority),
    delayMs: columnOf(envelopes, ({ delayMs }) => finite(delayMs)),
    tries: columnOf(envelopes, ({ tries }) => (isEmpty(tries) ? NO_TRIES : tries)),
    deliveries: columnOf(envelopes, ({ deliveries }) => deliveries),
    failures: columnOf(envelopes, ({ failures }) => failures),
    crashes: columnOf(envelopes, ({ crashes }) => crashes),
    enqueuedAtMs: numbersOf(envelopes, ({ enqueuedAtMs }) => enqueuedAtMs),
    epoch: columnOf(envelopes, ({ epoch }) => epoch),
    headers: columnOf(envelopes, ({ headers }) => (isEmpty(headers) ? NO_HEADERS : headers)),
    length: columnOf(envelopes, ({ payload }) => payload.length),
  };
}

/** The envelopes again, with these payloads. */
export function unpackEnvelopes(packed: PackedEnvelopes, payloads: readonly Encoded[]): Envelope[] {
  const [first] = payloads;
  const isVaried = USUALLY_COMMON.some((field) => 'each' in packed[field]);
  if (isVaried || first === undefined)
    return payloads.map((payload, at) => unpackEnvelope(packed, at, payload));
  // Most of it is the same, and a copy costs a tenth of looking everything up.
  const like = unpackEnvelope(packed, 0, first);
  const { producer } = like;
  return payloads.map((payload, at) => {
    const seq = numberCell(packed.seq, at);
    const id = packed.id === undefined ? producedId(producer, seq) : cell(packed.id, at);
    return { ...like, id, seq, enqueuedAtMs: numberCell(packed.enqueuedAtMs, at), payload };
  });
}

/** Fields that a batch usually has in common. */
const USUALLY_COMMON = [
  'v',
  'producer',
  'coalition',
  'queue',
  'kind',
  'agent',
  'orderingKey',
  'priority',
  'delayMs',
  'tries',
  'deliveries',
  'failures',
  'crashes',
  'epoch',
  'headers',
] as const satisfies readonly (keyof PackedEnvelopes)[];

function unpackEnvelope(packed: PackedEnvelopes, at: number, payload: Encoded): Envelope {
  const producer = cell(packed.producer, at);
  const seq = numberCell(packed.seq, at);
  return {
    v: cell(packed.v, at),
    id: packed.id === undefined ? producedId(producer, seq) : cell(packed.id, at),
    producer,
    seq,
    coalition: cell(packed.coalition, at),
    queue: cell(packed.queue, at),
    kind: cell(packed.kind, at),
    agent: cell(packed.agent, at),
    orderingKey: cell(packed.orderingKey, at) ?? undefined,
    priority: cell(packed.priority, at),
    delayMs: cell(packed.delayMs, at),
    tries: cell(packed.tries, at),
    deliveries: cell(packed.deliveries, at),
    failures: cell(packed.failures, at),
    crashes: cell(packed.crashes, at),
    enqueuedAtMs: numberCell(packed.enqueuedAtMs, at),
    epoch: cell(packed.epoch, at),
    headers: cell(packed.headers, at),
    payload,
  };
}

/** JSON has no endless delay; this one is of 285,000 years. */
export function finite(delayMs: number): number {
  return Math.min(delayMs, Number.MAX_SAFE_INTEGER);
}

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
