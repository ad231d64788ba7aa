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

/** With its number a payload of a hundred bytes. */
export const PADDING = 'x'.repeat(75);

/** The numbers from 1 to `count`, in parts of at most `by`. */
export function chunksOf(count: number, by: number): number[][] {
  return Array.from({ length: Math.ceil(count / by) }, (_, chunk) =>
    Array.from({ length: Math.min(by, count - chunk * by) }, (_, at) => chunk * by + at + 1),
  );
}

/** The sum of the numbers from 1 to `count`: every message once, and none twice. */
export function sumTo(count: number): number {
  return (count * (count + 1)) / 2;
}
