/*
 * The public surface. What charts are written with is xstate's own, handed on so that an application has one
 * version of it and needs one import.
 */
export {
  assign,
  createMachine,
  emit,
  enqueueActions,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  sendParent,
  sendTo,
  setup,
} from 'xstate';
export type {
  Acknowledgement,
  Answer,
  AnswerPage,
  AnswerShelf,
  AnswersRequest,
  Broker,
  BrokerCapabilities,
  CloseReport,
  CloseRequest,
  DeadLetter,
  Delivery,
  Fault,
  PublishOutcome,
  QueueDepth,
  Receipt,
  ReceiveRequest,
  Refusal,
  RefusalOutcome,
  SettleOutcome,
} from './brokers/contract.js';
export { FileBroker, type FileBrokerOptions } from './brokers/file.js';
export { InMemoryBroker, type InMemoryBrokerOptions } from './brokers/memory.js';
export { RayBroker, type RayBrokerOptions } from './brokers/ray.js';
export { RedisBroker, type RedisBrokerOptions } from './brokers/redis.js';
export { type Compilation, type CompiledChart, compileChart } from './charts/compile.js';
export type { RateLimit } from './coalition/agent-plan.js';
export type { AgentName, PayloadOf, ResultOf } from './coalition/agent-types.js';
export type { Coalition } from './coalition/coalition.js';
export { createCoalition } from './coalition/create-coalition.js';
export {
  type Agent,
  type AgentOptions,
  type AgentSettings,
  type CheckedAgent,
  type CheckedAgentOptions,
  type CoalitionDefinition,
  defineAgent,
  defineCoalition,
  type LogicAgent,
  type LogicAgentOptions,
  type QueryPayload,
  type RunRequest,
} from './coalition/define.js';
export type { ShutdownOptions, ShutdownReport } from './coalition/drain.js';
export type { CoalitionEvents, LeaderEvent, TaskEvent, WorkerEvent } from './coalition/events.js';
export { joinCoalition } from './coalition/hosts/join-coalition.js';
export type { JoinOptions } from './coalition/hosts/join-options.js';
export type { JoinedPool, LeaveOptions, LeaveReport } from './coalition/hosts/joined-pool.js';
export type { PoolEvent } from './coalition/hosts/pool-roster.js';
export type { PoolInfo } from './coalition/hosts/presence.js';
export type { MapInputs, MapOptions, MapOutcome } from './coalition/map/map-options.js';
export type { CoalitionOptions } from './coalition/options.js';
export type { QueryOptions } from './coalition/query/query-options.js';
export type { QueryFailure, QueryReport } from './coalition/query/query-run.js';
export type { SubmitAllOptions, SubmitOptions, TriesOptions } from './coalition/tasks/submit-options.js';
export type { ResultOptions, Task, TaskState } from './coalition/tasks/task.js';
export { ResultAggregator, type ResultAggregatorOptions } from './coalition/writers/result-aggregator.js';
export {
  StorageCoordinator,
  type StorageCoordinatorOptions,
} from './coalition/writers/storage-coordinator.js';
export type { Backoff, PlainBackoff } from './core/backoff.js';
export type { ClaimDraft, ClaimSource } from './core/claim-draft.js';
export { type Clock, systemClock, type Timer } from './core/clock.js';
export { ConclaveError, type ErrorCode, type ErrorData, isConclaveError } from './core/errors.js';
export type { SharedResult } from './core/frame.js';
export type { Ids } from './core/ids.js';
export { defaultLimits, type Limits } from './core/limits.js';
export type { Subscription } from './core/listeners.js';
export type { Envelope, MessageId, MessageKind, Tries } from './core/message.js';
export type { Random } from './core/random.js';
export type { Encoded, Plain } from './core/value.js';
export {
  type Candidate,
  type CompareIds,
  type Election,
  electLeader,
  parseCandidates,
} from './election/lowest.js';
export type { Executor, Isolation } from './executors/contract.js';
export { ProcessExecutor } from './executors/process.js';
export { RayExecutor, type RayExecutorOptions } from './executors/ray.js';
export type { RayOptions } from './executors/ray-options.js';
export { ThreadExecutor } from './executors/thread.js';
export type { AgentContext, AgentHandle, SharedState } from './host/contract.js';
export type { Placement, SchedulingPolicy, TaskView, Theft, WorkerView } from './scheduling/contract.js';
export type { ScheduleName } from './scheduling/policies.js';
export { type PriorityOptions, priority } from './scheduling/priority.js';
export { roundRobin } from './scheduling/round-robin.js';
export type { Turn } from './scheduling/turn.js';
export {
  type WorkStealingOptions,
  type WorkStealingState,
  workStealing,
} from './scheduling/work-stealing.js';
export type { AppendOutcome, Claim, ClaimStore, Fence, LeaseRecord, LeaseStore } from './storage/contract.js';
export { MemoryClaimStore } from './storage/memory.js';
export { openClaimStore } from './storage/open.js';
export type { SqliteClaimStore, SqliteClaimStoreOptions } from './storage/sqlite.js';
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
export type { MalformedEvent } from './system/malformed.js';
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
