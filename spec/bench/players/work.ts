import { randomInt } from 'node:crypto';

/** What a side of a Redis row is told. */
export interface RedisSetting {
  readonly host: string;
  readonly port: number;
  /** Messages a round. */
  readonly messages: number;
  /** Messages a call. */
  readonly by: number;
  /** Calls under way at once. */
  readonly inFlight: number;
}

/** What a side of a row about files is told. */
export interface FileSetting {
  /** Messages a round. */
  readonly messages: number;
  /** Messages a call of publish, and of ack. */
  readonly publishBy: number;
  readonly ackBy: number;
  /** Calls under way at once. */
  readonly inFlight: number;
}

/** With its number a payload of a hundred bytes. */
export const PADDING = 'x'.repeat(75);

/** The numbers from 1 to `count`, in parts of at most `by`. */
export function chunksOf(count: number, by: number): number[][] {
  return partsOf(
    Array.from({ length: count }, (_, at) => at + 1),
    by,
  );
}

/** The sum of the numbers from 1 to `count`: every message once, and none twice. */
export function sumTo(count: number): number {
  return (count * (count + 1)) / 2;
}

/** In random order, as handlers of different length settle. */
export function shuffle<Item>(items: Item[]): Item[] {
  for (let at = items.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    const [left, right] = [items[at], items[other]];
    if (left !== undefined && right !== undefined) [items[at], items[other]] = [right, left];
  }
  return items;
}

/** In parts of at most `by`. */
export function partsOf<Item>(items: readonly Item[], by: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / by) }, (_, part) =>
    items.slice(part * by, (part + 1) * by),
  );
}
