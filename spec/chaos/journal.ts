import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Delivery, PublishOutcome, RefusalOutcome } from '../../lib/brokers/contract.js';
import type { Envelope } from '../../lib/core/message.js';
import type { Given, History, PublishTry, Settling } from './history.js';

type GivenLine = readonly [id: string, seq: number, deliveries: number, key: string | null];

/** A line of a journal. What is tried is written before it is done, what came of it after. */
type Line =
  | {
      readonly l: 'publish';
      readonly call: number;
      readonly atUs: number;
      readonly producer: string;
      readonly messages: readonly (readonly [id: string, place: number])[];
    }
  | {
      readonly l: 'given';
      readonly fromUs: number;
      readonly atUs: number;
      readonly messages: readonly GivenLine[];
    }
  | {
      readonly l: 'ack' | 'nack';
      readonly call: number;
      readonly atUs: number;
      readonly messages: readonly (readonly [id: string, deliveries: number])[];
    }
  | {
      readonly l: 'outcomes';
      readonly call: number;
      readonly atUs: number;
      readonly outcomes: readonly string[];
    }
  | { readonly l: 'unknown'; readonly call: number; readonly atUs: number; readonly why: string };

/** Microseconds of the machine's monotonic clock. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** The history of one process, on disk line by line: a SIGKILL loses nothing that was acted on. */
export class Journal {
  readonly #file: number;
  #calls = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Before a publish; the call's number is for its end. */
  publishing(envelopes: readonly Envelope[]): number {
    const call = this.#call();
    const producer = envelopes[0]?.producer ?? '';
    this.#write({
      l: 'publish',
      call,
      atUs: nowUs(),
      producer,
      messages: envelopes.map(({ id, seq }) => [id, seq]),
    });
    return call;
  }

  /** Before an ack or a nack. */
  settling(l: 'ack' | 'nack', deliveries: readonly Delivery[]): number {
    const call = this.#call();
    this.#write({
      l,
      call,
      atUs: nowUs(),
      messages: deliveries.map((delivery) => [delivery.envelope.id, delivery.deliveries]),
    });
    return call;
  }

  /** After a call that was answered. */
  answered(call: number, outcomes: readonly (PublishOutcome | RefusalOutcome)[]): void {
    this.#write({ l: 'outcomes', call, atUs: nowUs(), outcomes });
  }

  /** After a call that was not: what became of it nobody knows. */
  unanswered(call: number, why: string): void {
    this.#write({ l: 'unknown', call, atUs: nowUs(), why });
  }

  /** After a receive that was called at `fromUs`; a message whose payload is not its own goes by what the payload says. */
  given(fromUs: number, deliveries: readonly Delivery[], nameOf: (delivery: Delivery) => string): void {
    const messages = deliveries.map((delivery): GivenLine => {
      const { seq, deliveries: count, envelope } = delivery;
      return [nameOf(delivery), seq, count, envelope.orderingKey ?? null];
    });
    this.#write({ l: 'given', fromUs, atUs: nowUs(), messages });
  }

  close(): void {
    closeSync(this.#file);
  }

  #call(): number {
    this.#calls += 1;
    return this.#calls;
  }

  #write(line: Line): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/**
 * All that these journals tell, each of one opening of the broker, or all of the same one. A last line that was cut off by a death is left out: nothing was acted on it.
 */
export function readHistory(paths: readonly string[], areOneOpening: boolean): History {
  const history = { published: [] as PublishTry[], given: [] as Given[], settled: [] as Settling[] };
  for (const path of paths) {
    const lines = linesOf(path);
    const opening = areOneOpening ? 'the one' : path;
    const ends = new Map(lines.flatMap((line) => (isEnd(line) ? [[line.call, line] as const] : [])));
    for (const line of lines) {
      if (line.l === 'publish') history.published.push(...publishTries(line, ends.get(line.call)));
      if (line.l === 'ack' || line.l === 'nack')
        history.settled.push(...settlings(line, ends.get(line.call), opening));
      if (line.l === 'given') history.given.push(...givens(line, opening));
    }
  }
  return history;
}

type End = Extract<Line, { l: 'outcomes' | 'unknown' }>;

function isEnd(line: Line): line is End {
  return line.l === 'outcomes' || line.l === 'unknown';
}

/** A journal is our own: each line was written by `Journal`, and the last may be half of one. */
function linesOf(path: string): Line[] {
  const whole = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as Line);
}

function publishTries(line: Extract<Line, { l: 'publish' }>, end: End | undefined): PublishTry[] {
  return line.messages.map(([id, place], at) => ({
    id,
    producer: line.producer,
    place,
    fromUs: line.atUs,
    toUs: end?.atUs,
    outcome: outcomeOf(end, at) as PublishTry['outcome'],
  }));
}

function settlings(
  line: Extract<Line, { l: 'ack' | 'nack' }>,
  end: End | undefined,
  opening: string,
): Settling[] {
  return line.messages.map(([id, deliveries], at) => ({
    opening,
    type: line.l,
    id,
    deliveries,
    fromUs: line.atUs,
    toUs: end?.l === 'outcomes' ? end.atUs : undefined,
    outcome: outcomeOf(end, at) as Settling['outcome'],
  }));
}

function givens(line: Extract<Line, { l: 'given' }>, opening: string): Given[] {
  return line.messages.map(([id, seq, deliveries, key]) => ({
    opening,
    id,
    seq,
    deliveries,
    key: key ?? undefined,
    fromUs: line.fromUs,
    toUs: line.atUs,
  }));
}

function outcomeOf(end: End | undefined, at: number): string {
  return end?.l === 'outcomes' ? (end.outcomes[at] ?? 'unknown') : 'unknown';
}
