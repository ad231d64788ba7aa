/** How long things with Ray may take. */
export interface RayTimings {
  /** One call: a queue takes milliseconds, unless it is stopped or its machine is gone. */
  readonly callMs: number;
  /** Making a queue, which starts a process. */
  readonly openMs: number;
  /** How long nothing is heard of a queue before it is asked whether it lives. */
  readonly pingMs: number;
  /** The wait before the first and, doubled from try to try, before the last attempts to have a queue back. */
  readonly retryMs: number;
  readonly retryMsMax: number;
}

export const RAY_TIMINGS: RayTimings = {
  callMs: 10_000,
  openMs: 30_000,
  pingMs: 1_000,
  retryMs: 100,
  retryMsMax: 5_000,
};
