import { copyOf, isFields } from './parse.js';
import type { Random } from './random.js';

/** How long to wait before trying again, as plain data that can travel with a task. */
export type PlainBackoff =
  | {
      readonly type: 'fixed';
      /** The wait before every further try. */
      readonly delayMs: number;
    }
  | {
      readonly type: 'exponential';
      /** The wait after the first try; it doubles with each. */
      readonly delayMs: number;
      /** The longest wait. */
      readonly delayMsMax: number;
      /** How much of the wait is up to chance, 0 to 1, so that retries do not march in step. */
      readonly jitter: number;
    };

/** How long to wait before trying again: plain, or milliseconds as a function of the attempt that failed (from 1). */
export type Backoff = PlainBackoff | ((attempt: number) => number);

/** Doubles from 100 ms up to 30 s, a quarter of it by chance so that retries do not march in step. */
export const defaultBackoff: Backoff = {
  type: 'exponential',
  delayMs: 100,
  delayMsMax: 30_000,
  jitter: 0.25,
};

/**
 * Milliseconds to wait after the `attempt`-th try failed (from 1).
 * `jitter` j draws from [d·(1-j), d]. Source: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, random: Random): number {
  if (typeof backoff === 'function') return Math.max(0, backoff(attempt));
  if (backoff.type === 'fixed') return backoff.delayMs;
  const delayMs = Math.min(backoff.delayMsMax, backoff.delayMs * 2 ** (attempt - 1));
  return delayMs * (1 - backoff.jitter * random.next());
}

/**
 * Whether a value is a backoff as plain data: every number that its type needs is there, none below 0, jitter a share.
 * @throws `InvalidOption` for one that cannot be read.
 */
export function isPlainBackoff(value: unknown): value is PlainBackoff {
  if (!isFields(value)) return false;
  const { type, delayMs, delayMsMax, jitter } = copyOf(value, 'backoff');
  if (type === 'fixed') return isDuration(delayMs);
  return (
    type === 'exponential' &&
    isDuration(delayMs) &&
    isDuration(delayMsMax) &&
    isDuration(jitter) &&
    jitter <= 1
  );
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
