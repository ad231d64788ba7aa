export {
  type Agent,
  type AgentContext,
  type AgentOptions,
  type CoalitionDefinition,
  defineAgent,
  defineCoalition,
  type QueryPayload,
  type RunRequest,
  type SharedState,
} from './coalition/define.js';
export { type Clock, systemClock } from './core/clock.js';
export { ConclaveError, type ErrorCode, type ErrorData, isConclaveError } from './core/errors.js';
export type { ClaimDraft, SharedResult } from './core/frame.js';
export { defaultLimits, type Limits } from './core/limits.js';
export type { Subscription } from './core/listeners.js';
export type { Plain } from './core/value.js';
export type { Claim, ClaimSource, ClaimStore } from './storage/contract.js';
export type { Backoff } from './supervision/backoff.js';
export type { ChildSpec, ExitKind, RestartType } from './supervision/child.js';
export {
  oneForOne,
  type RestartPlan,
  type StrategyName,
  type SupervisionStrategy,
} from './supervision/strategy.js';
export type { AskOptions, ReplyTo } from './system/asks.js';
export type { Inspect } from './system/engine.js';
export type { SystemEventMap } from './system/events.js';
export type { ActorDeadLetter, DeadLetterReason, Exit } from './system/exit.js';
export type {
  NestedSupervisorOptions,
  SpawnArguments,
  SpawnOptions,
  SupervisionOptions,
  SystemOptions,
} from './system/options.js';
export type { MailboxFullEvent } from './system/post-office.js';
export type { AnswerTo, Question, Reference } from './system/reference.js';
export { type AnswerArgs, type RespondOptions, respond } from './system/respond.js';
export {
  type ActorSystem,
  createSystem,
  type NestedSupervisor,
  type ReferenceTo,
  type Registration,
  type SupervisorHandle,
} from './system/system.js';
