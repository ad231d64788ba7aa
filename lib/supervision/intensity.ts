/** How many restarts a supervisor puts up with. */
export interface RestartLimit {
  /** Restarts allowed within the period; one more and the supervisor gives up. */
  readonly intensity: number;
  readonly periodMs: number;
}

/** OTP's default: one restart in five seconds. */
export const defaultRestartLimit: RestartLimit = { intensity: 1, periodMs: 5_000 };

/** A restart weighed against the limit: the times that still count, the new one included, and whether they are too many. */
export interface RestartVerdict {
  readonly restarts: readonly number[];
  readonly exceeded: boolean;
}

/**
 * Adds a restart at `atMs` to the times of earlier ones and drops those older than the period; one exactly as
 * old as the period still counts. The list holds at most `intensity + 1` times.
 * Source: Erlang/OTP, `supervisor.erl`, `add_restart/1`.
 */
export function recordRestart(
  restarts: readonly number[],
  atMs: number,
  { intensity, periodMs }: RestartLimit,
): RestartVerdict {
  const recent = [...restarts.filter((restartMs) => atMs - restartMs <= periodMs), atMs];
  return { restarts: recent, exceeded: recent.length > intensity };
}
