export { InMemoryBroker, type InMemoryBrokerOptions } from './brokers/memory.js';
export {
  type Agent,
  type AgentOptions,
  type CoalitionDefinition,
  defineAgent,
  defineCoalition,
  type QueryPayload,
  type RunRequest,
} from './coalition/define.js';
export { type Clock, systemClock } from './core/clock.js';
export { ConclaveError, type ErrorCode, type ErrorData, isConclaveError } from './core/errors.js';
export type { ClaimDraft, SharedResult } from './core/frame.js';
export { defaultLimits, type Limits } from './core/limits.js';
export type { Plain } from './core/value.js';
export {
  type Candidate,
  type CompareIds,
  type Election,
  electLeader,
  parseCandidates,
} from './election/lowest.js';
export type { AgentContext, SharedState } from './host/contract.js';
export type { Claim, ClaimSource, ClaimStore } from './storage/contract.js';

export { MemoryClaimStore } from './storage/memory.js';
export { openClaimStore } from './storage/open.js';
export { SqliteClaimStore, type SqliteClaimStoreOptions } from './storage/sqlite.js';
