import type { ExitKind, RestartType } from './child.js';

/**
 * Whether a child that ended so is started again. What was told to stop stays down, whatever its type.
 * Source: Erlang/OTP, `supervisor`, restart types.
 */
export function shouldRestart(restart: RestartType, exit: ExitKind): boolean {
  if (exit === 'stopped') return false;
  if (restart === 'transient') return exit === 'abnormal';
  return restart === 'permanent';
}
