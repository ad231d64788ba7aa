/** A lease as an observer compares it: who holds it (undefined: nobody), in which term, and its last sign of life. */
export interface LeaseState {
  readonly holder: string | undefined;
  readonly epoch: number;
  /** Grows with each renewal. */
  readonly heartbeat: number;
}

/** What an observer knows of a lease: the state it saw last, and since when (on its own clock) it has not changed. */
export interface LeaseObservation<State extends LeaseState = LeaseState> {
  /** Undefined while the lease was never held. */
  readonly state: State | undefined;
  /** The observer's monotonic time at which this state was first seen. */
  readonly sinceMs: number;
}

/** The share of a lease after which its holder renews it. */
const RENEW_SHARE = 1 / 3;
/** The share of a lease without renewal after which its holder stops work, which leaves the rest as a margin. */
const WORK_SHARE = 2 / 3;
/** The share of a lease between two tries of a renewal that the store did not answer. */
const RETRY_SHARE = 1 / 12;

/** How often a holder renews, and an observer looks. */
export function leaseRenewalMs(leaseMs: number): number {
  return leaseMs * RENEW_SHARE;
}

/** How long a holder may work without a renewal; the time a successful step took (`tookMs`) is spent already. */
export function leaseWorkMs(leaseMs: number, tookMs = 0): number {
  return Math.max(0, leaseMs * WORK_SHARE - tookMs);
}

/** How soon a renewal is tried again when the store could not be reached: four times before work has to stop. */
export function leaseRetryMs(leaseMs: number): number {
  return leaseMs * RETRY_SHARE;
}

/** Whether two states are the same to an observer: any sign of life makes them differ. */
export function sameLeaseState(a: LeaseState | undefined, b: LeaseState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.holder === b.holder && a.epoch === b.epoch && a.heartbeat === b.heartbeat;
}

/**
 * Whether two states are the same term of the same holder. The heartbeat is left out, so that a renewal whose
 * answer was lost does not cost the holder its lease.
 */
export function sameLeaseTerm(a: LeaseState | undefined, b: LeaseState | undefined): boolean {
  return a !== undefined && b !== undefined && a.holder === b.holder && a.epoch === b.epoch;
}

/** Adds what was seen at `atMs`; an unchanged state keeps the time at which it was first seen. */
export function observeLease<State extends LeaseState>(
  before: LeaseObservation<State> | undefined,
  state: State | undefined,
  atMs: number,
): LeaseObservation<State> {
  return before !== undefined && sameLeaseState(before.state, state) ? before : { state, sinceMs: atMs };
}

/** Never held, or given up. */
export function isLeaseFree(state: LeaseState | undefined): boolean {
  return state?.holder === undefined;
}

/**
 * Whether the lease may be claimed at `atMs`: it is free, or its holder gave no sign of life for `leaseMs` of
 * the observer's own time. No clock of another machine is believed, so that stepping one expires nothing.
 */
export function mayTakeLease(observation: LeaseObservation, leaseMs: number, atMs: number): boolean {
  return isLeaseFree(observation.state) || atMs - observation.sinceMs >= leaseMs;
}

/** The epoch of the next term: one more than the largest that lease record and store have seen. */
export function nextEpoch(leaseEpoch: number, storeEpoch: number): number {
  return Math.max(leaseEpoch, storeEpoch) + 1;
}
