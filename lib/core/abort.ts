interface Bell {
  readonly callbacks: Set<() => void>;
  readonly ring: () => void;
}

/** Held as weakly as the signals: a bell lives while somebody waits for its signal. */
const bells = new WeakMap<AbortSignal, Bell>();

/**
 * Calls back when the signal aborts, which it has not yet; what it answers takes that back, and must be called once
 * nobody waits. However many wait, a signal has one listener: Node warns of a leak at eleven.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, ring } = bells.get(signal) ?? hang(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    signal.removeEventListener('abort', ring);
    bells.delete(signal);
  };
}

/** What becomes of the promise, or a rejection with the signal's reason, should that abort before. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    const forget = onAbort(signal, abort);
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(forget);
  });
}

/** What becomes of the promise, or undefined as soon as the signal aborts. */
export function untilAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => resolve(undefined);
    const forget = onAbort(signal, leave);
    if (signal.aborted) leave();
    promise.then(resolve, reject).finally(forget);
  });
}

function hang(signal: AbortSignal): Bell {
  const callbacks = new Set<() => void>();
  const ring = () => {
    for (const callback of [...callbacks]) callback();
  };
  const bell = { callbacks, ring };
  bells.set(signal, bell);
  signal.addEventListener('abort', ring, { once: true });
  return bell;
}
