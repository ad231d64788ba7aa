import type { Limits } from '../core/limits.js';
import type { Envelope } from '../core/message.js';
import { IdWindow } from './id-window.js';

export type IdentityLimits = Pick<Limits, 'dedupeWindowMs' | 'dedupeIdsMax' | 'producersMax' | 'refusalsMax'>;

/**
 * The messages a queue has accepted, as far as it takes to know a resend: by producer and seq where an id is produced
 * (`hasProducedId`), or by the caller's own id.
 */
export class Identities {
  readonly marks: ProducerMarks;
  readonly ids: IdWindow;

  constructor(limits: IdentityLimits) {
    this.marks = new ProducerMarks(limits.producersMax, limits.refusalsMax);
    this.ids = new IdWindow(limits.dedupeWindowMs, limits.dedupeIdsMax);
  }

  has(envelope: Envelope, isProduced: boolean, nowMs: number): boolean {
    return isProduced ? this.marks.has(envelope.producer, envelope.seq) : this.ids.has(envelope.id, nowMs);
  }

  accept(envelope: Envelope, isProduced: boolean, nowMs: number): void {
    if (isProduced) this.marks.accept(envelope.producer, envelope.seq);
    else this.ids.add(envelope.id, nowMs);
  }

  /** Notes a refusal, so that the same message may come again even after later ones of its producer. */
  refuse(envelope: Envelope, isProduced: boolean): void {
    if (isProduced) this.marks.refuse(envelope.producer, envelope.seq);
  }
}

interface Producer {
  /** The largest sequence number accepted. */
  mark: number;
  /** Numbers refused as full and not accepted since, oldest refusal first. */
  refused: Set<number> | undefined;
}

/** A producer's name, the largest sequence number accepted, and those refused since, oldest refusal first. */
export type KeptProducer = readonly [name: string, mark: number, refused: readonly number[]];

/**
 * Which messages of which producers were accepted: a high-water mark each, so that a message costs no memory.
 * A number below the mark is a duplicate unless it was refused; so many refusals and so many producers are
 * remembered, and the one longest ago goes first. A producer that was forgotten starts anew.
 */
class ProducerMarks {
  readonly #producers = new Map<string, Producer>();
  readonly #producersMax: number;
  readonly #refusalsMax: number;
  #latestName: string | undefined;
  #latest: Producer | undefined;

  constructor(producersMax: number, refusalsMax: number) {
    this.#producersMax = producersMax;
    this.#refusalsMax = refusalsMax;
  }

  /** Producers remembered. */
  get length(): number {
    return this.#producers.size;
  }

  has(name: string, seq: number): boolean {
    const producer = this.#latestName === name ? this.#latest : this.#producers.get(name);
    if (producer === undefined || seq > producer.mark) return false;
    return producer.refused?.has(seq) !== true;
  }

  accept(name: string, seq: number): void {
    const producer = this.#touch(name);
    if (seq > producer.mark) producer.mark = seq;
    producer.refused?.delete(seq);
  }

  refuse(name: string, seq: number): void {
    const producer = this.#touch(name);
    producer.refused ??= new Set();
    producer.refused.delete(seq);
    producer.refused.add(seq);
    if (producer.refused.size > this.#refusalsMax) dropOldest(producer.refused);
  }

  /** What is remembered, the producer heard of last at the end: enough to `restore` it. */
  *list(): IterableIterator<KeptProducer> {
    for (const [name, { mark, refused }] of this.#producers) yield [name, mark, [...(refused ?? [])]];
  }

  /** Remembers again what `list` gave. */
  restore([name, mark, refused]: KeptProducer): void {
    this.accept(name, mark);
    for (const seq of refused) this.refuse(name, seq);
  }

  /** The producer's record, made the latest: batches of one producer touch the map once. */
  #touch(name: string): Producer {
    if (this.#latestName === name && this.#latest !== undefined) return this.#latest;
    const producer = this.#producers.get(name) ?? { mark: Number.NEGATIVE_INFINITY, refused: undefined };
    this.#producers.delete(name);
    this.#producers.set(name, producer);
    if (this.#producers.size > this.#producersMax) dropOldest(this.#producers);
    this.#latestName = name;
    this.#latest = producer;
    return producer;
  }
}

function dropOldest<K>(entries: { keys(): Iterator<K>; delete(key: K): boolean }): void {
  const first = entries.keys().next();
  if (first.done !== true) entries.delete(first.value);
}
