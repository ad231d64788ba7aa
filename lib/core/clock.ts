import { onAbort } from './abort.js';

/** What `setTimer` gives back. */
export type Timer = {
  /** Takes the call back; after it was made, nothing. */
  readonly cancel: () => void;
};

/**
 * Time, as everything in Conclave asks for it. Production uses `systemClock`; specs and the simulation pass
 * their own, so that nothing ever sleeps on real time there.
 */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start: for every duration and deadline. */
  nowMs(): number;
  /** Milliseconds since 1970 in UTC: for what people read, never for a deadline. */
  wallMs(): number;
  /** Calls back once after at least `delayMs`; the timer alone does not keep the process alive if `background`. */
  setTimer(callback: () => void, delayMs: number, options?: { readonly background?: boolean }): Timer;
  /** Calls back after pending I/O and due timers have had their turn. */
  defer(callback: () => void): void;
}

/** The longest that Node's own timers last; asked for more, they fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** The machine's clock: the one place where timers and time are touched. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(callback, delayMs, options) {
    let timer: NodeJS.Timeout | undefined;
    const arm = (leftMs: number) => {
      const stepMs = Math.min(leftMs, TIMEOUT_MS_MAX);
      timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), stepMs);
      if (options?.background === true) timer.unref();
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  defer: (callback) => {
    setImmediate(callback);
  },
};

/** Resolves after `delayMs` on that clock; an abort of a signal resolves it early, which the caller can see there. */
export function sleep(
  clock: Clock,
  delayMs: number,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel();
      for (const forget of watched) forget?.();
      resolve();
    };
    const timer = clock.setTimer(finish, delayMs);
    const watched = signals.map((signal) => signal && onAbort(signal, finish));
    if (signals.some((signal) => signal?.aborted === true)) finish();
  });
}

/** True if the promise was kept within `ms` on that clock, false if not yet; rejects if it is broken before. */
export function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(() => resolve(false), ms);
    promise.then(
      () => {
        timer.cancel();
        resolve(true);
      },
      (error) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
