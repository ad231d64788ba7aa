import type { GateRule } from '../../scheduling/agent-gate.js';
import type { RetryPlan } from './settlement.js';

/** What the dispatcher must know of an agent. */
export interface DispatchPlan extends RetryPlan, GateRule {
  /** How long one try may take; undefined: as long as it likes. */
  readonly timeoutMs: number | undefined;
}

/** Of an agent that this coalition does not have: another's, on a shared broker. */
export const NO_PLAN: DispatchPlan = {
  attempts: 1,
  backoff: { type: 'fixed', delayMs: 0 },
  timeoutMs: undefined,
  limit: undefined,
  concurrency: undefined,
};
