import { ConclaveError } from '../core/errors.js';
import type { Subscription } from '../core/listeners.js';
import { text } from '../core/parse.js';
import { encode, type Plain } from '../core/value.js';
import type { SharedState } from '../host/contract.js';
import type { ClaimStore } from '../storage/contract.js';
import type { AgentPlan } from './agent-plan.js';
import type { AgentName, PayloadOf, ResultOf } from './agent-types.js';
import { Assembly, type AssemblyOptions } from './assembly.js';
import type { ChunkMaker } from './chunks/chunk-maker.js';
import { drainCoalition, letGo, parseShutdown, type ShutdownOptions, type ShutdownReport } from './drain.js';
import { type CoalitionEvents, createAnnouncer } from './events.js';
import type { PoolInfo } from './hosts/presence.js';
import {
  type MapInputs,
  type MapOptions,
  type MapOutcome,
  type MapRequest,
  parseMap,
  refuseNotIterable,
} from './map/map-options.js';
import { MapRun } from './map/map-run.js';
import type { CoalitionSettings } from './options.js';
import { QueryDesk } from './query/query-desk.js';
import { parseQuery, type QueryOptions, refuseTooManyResults } from './query/query-options.js';
import type { QueryReport } from './query/query-run.js';
import { Drafter } from './tasks/drafter.js';
import {
  type DraftOptions,
  parseSubmit,
  parseSubmitAll,
  type SubmitAllOptions,
  type SubmitOptions,
} from './tasks/submit-options.js';
import { Submitter } from './tasks/submitter.js';
import type { Task } from './tasks/task.js';
import { TaskBook } from './tasks/task-book.js';

/** What a coalition is made from; see `createCoalition`. */
export type CoalitionParts = Omit<AssemblyOptions, 'announcer' | 'onFailed'> & {
  /** The agents of each stage of a loop. */
  readonly stages: readonly (readonly string[])[];
};

/**
 * Agents that share work: tasks go in, results come out, claims are kept. `Module` is the type of the agents'
 * module; with it names, payloads and results are typed.
 */
export class Coalition<Module = unknown> {
  /** The tenant on a shared broker, and the name of its lease. */
  readonly name: string;
  readonly #settings: CoalitionSettings;
  readonly #plans: ReadonlyMap<string, AgentPlan>;
  readonly #parts: Assembly;
  readonly #announcer = createAnnouncer();
  readonly #drafter: Drafter;
  readonly #book: TaskBook;
  readonly #submitter: Submitter;
  readonly #queries: QueryDesk;
  #failure: ConclaveError | undefined;
  #ending: Promise<ShutdownReport> | undefined;

  /** @internal Use `createCoalition`. */
  constructor(parts: CoalitionParts) {
    this.#settings = parts.settings;
    this.#plans = parts.plans;
    this.name = parts.settings.name;
    this.#parts = new Assembly({
      ...parts,
      announcer: this.#announcer,
      onFailed: (error) => {
        this.#failure = error;
      },
    });
    this.#drafter = new Drafter(this.name, parts.plans, parts.broker, parts.settings.limits);
    this.#book = new TaskBook({
      table: this.#parts.table,
      control: this.#parts.dispatcher.ownTasks,
      announcer: this.#announcer,
      clock: parts.settings.clock,
      limits: parts.settings.limits,
      durable: parts.broker.capabilities.durable,
      kept: this.#parts.kept,
    });
    this.#submitter = new Submitter(this.#parts, parts.settings, this.#book);
    this.#queries = new QueryDesk(this.#parts, parts.settings, this.#submitter, this.#book, parts.stages);
  }

  /** @internal Leads, then starts the workers. */
  async start(): Promise<void> {
    await this.#parts.leadership.elected();
    await this.#parts.pool.start();
    this.#parts.wiring.tellWarnings();
  }

  /** The names of the agents. */
  get agents(): readonly string[] {
    return [...this.#plans.keys()];
  }

  /** The shared state of the query that runs, or ran last. */
  get state(): SharedState {
    return this.#parts.aggregator;
  }

  /** The common knowledge base. */
  get claims(): Pick<ClaimStore, 'read' | 'search' | 'count'> {
    return this.#parts.store;
  }

  /** The epoch of this coordinator's leadership. */
  get epoch(): number {
    return this.#parts.leadership.epoch;
  }

  /** The workers that live now; `pid` is undefined for a thread. */
  get workers(): readonly { readonly id: string; readonly pid: number | undefined }[] {
    return this.#parts.pool.workers;
  }

  /** @internal What `conclave stress` breaks, and measures. */
  get inside(): Pick<Assembly, 'pool' | 'broker'> {
    return this.#parts;
  }

  /** The pools of other processes that work for this coalition now, on a shared broker; see `joinCoalition`. */
  get pools(): readonly PoolInfo[] {
    return this.#parts.hosts?.roster.pools ?? [];
  }

  /**
   * Listens, until unsubscribed. A listener that throws is a `fault`, and hurts nobody else.
   * @throws `InvalidOption` for an event that there is not, or a listener that is no function.
   */
  on<Name extends keyof CoalitionEvents>(
    name: Name,
    listener: (detail: CoalitionEvents[Name]) => void,
  ): Subscription {
    return this.#announcer.on(name, listener);
  }

  /**
   * Hands a task to the broker; resolves once the broker promises what it promises (`task.durable`).
   * @throws `UnknownAgent`, `InvalidOption`, `InvalidPayload`, `NotSerializable`, `MessageTooLarge`, `QueueFull`
   * or `BrokerUnavailable` after `waitMs` (then nobody knows whether it was accepted), `DuplicateTask`, where no answer
   * is kept on the broker, `ShuttingDown`, the signal's reason when it aborts before the task is accepted.
   */
  async submit<Name extends AgentName<Module>>(
    agent: Name,
    payload: PayloadOf<Module, Name>,
    options?: SubmitOptions,
  ): Promise<Task<ResultOf<Module, Name>>> {
    this.#refuseUnlessOpen('submit');
    const request = parseSubmit(options, this.#parts.broker);
    request.signal?.throwIfAborted();
    let draft = this.#drafter.draft(agent, payload, request.draft);
    if (draft instanceof Promise) {
      draft = await draft;
      this.#refuseUnlessOpen('submit');
      request.signal?.throwIfAborted();
    }
    const task = await this.#submitter.submit(draft, request);
    return task as Task<ResultOf<Module, Name>>;
  }

  /**
   * Hands over a task an input, in order, and waits while the queue is full; resolves to their handles once all are
   * accepted. All inputs are checked before any is submitted; if it rejects, what was accepted is cancelled.
   * @throws what `submit` does, naming the index of the input that is refused; never `QueueFull`.
   */
  async submitAll<Name extends AgentName<Module>>(
    agent: Name,
    inputs: Iterable<PayloadOf<Module, Name>>,
    options?: SubmitAllOptions,
  ): Promise<Task<ResultOf<Module, Name>>[]> {
    this.#refuseUnlessOpen('submitAll');
    const { draft, signal } = parseSubmitAll(options, this.#parts.broker);
    refuseNotIterable('submitAll', inputs, [Symbol.iterator]);
    this.#drafter.planOf(agent);
    signal?.throwIfAborted();
    // Where the broker keeps answers, each is kept by itself.
    const tasksMax = this.#parts.kept === undefined ? Number.POSITIVE_INFINITY : 1;
    const drafts = await this.#drafter.draftAll(agent, inputs, draft, this.#chunks(agent, draft, tasksMax));
    this.#refuseUnlessOpen('submitAll');
    const tasks = await this.#submitter.submitAll(drafts, signal);
    return tasks as Task<ResultOf<Module, Name>>[];
  }

  /**
   * The task of that id, its caller's own or the one it was given, if it was submitted here and is pending, or ended
   * no longer than `resultTtlMs` ago (at most `resultsMax` of them, and `resultBytesMax`). Of any other id undefined;
   * on a broker that is durable or shared a task whose `result` asks the broker, which keeps answers within the same
   * bounds, whichever process submitted it.
   * @throws `InvalidOption` for an id that is no text.
   */
  task(id: string): Task | undefined {
    return this.#book.find(text(id, 'id'));
  }

  /**
   * Runs an agent over inputs and yields what it answers, in input order unless `ordered` is false, with at most
   * `concurrency` inputs under way; waits while the queue is full. Leaving the loop cancels what is under way. A
   * failed task ends the loop; with `onError: 'yield'` it is an outcome among the others, and so is a refused input.
   * @throws `UnknownAgent`, `InvalidOption`, `ShuttingDown`; the loop, what `submit` and `task.result` do.
   */
  map<Name extends AgentName<Module>>(
    agent: Name,
    inputs: MapInputs<PayloadOf<Module, Name>>,
    options: MapOptions & { readonly onError: 'yield' },
  ): AsyncGenerator<MapOutcome<ResultOf<Module, Name>>, void, undefined>;
  map<Name extends AgentName<Module>>(
    agent: Name,
    inputs: MapInputs<PayloadOf<Module, Name>>,
    options?: MapOptions & { readonly onError?: 'throw' },
  ): AsyncGenerator<ResultOf<Module, Name>, void, undefined>;
  map<Name extends AgentName<Module>>(
    agent: Name,
    inputs: MapInputs<PayloadOf<Module, Name>>,
    options?: MapOptions,
  ): AsyncGenerator<ResultOf<Module, Name> | MapOutcome<ResultOf<Module, Name>>, void, undefined>;
  map(
    agent: string,
    inputs: MapInputs<unknown>,
    options: MapOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    this.#refuseUnlessOpen('map');
    this.#drafter.planOf(agent);
    refuseNotIterable('map', inputs, [Symbol.iterator, Symbol.asyncIterator]);
    return this.#mapRun(agent, parseMap(options, this.#parts.broker)).run(inputs);
  }

  /**
   * Puts a question to all agents: in every loop each is dispatched once, stage by stage as `after` says, and sees
   * what came before as `context.state`. Queries of one coalition run one after the other. Resolves when the last
   * loop is over and every claim it brought is persisted.
   * @throws `NotSerializable`, `InvalidOption`, `ShuttingDown`, and `StoreUnavailable` when claims cannot be kept.
   */
  async runQuery(query: Plain, options: QueryOptions = {}): Promise<QueryReport> {
    this.#refuseUnlessOpen('runQuery');
    const { loops, signal } = parseQuery(options);
    refuseTooManyResults(loops, this.#plans.size, this.#settings.limits);
    encode(query, 'query', this.#parts.broker.capabilities.payloadBytesMax);
    return this.#queries.run(query, loops, signal, () => this.#refuseUnlessOpen('runQuery'));
  }

  /**
   * Drains and ends the coalition; a second call gets the first one's report. Nothing is left afterwards: no
   * process, thread, timer or open file.
   * @throws `InvalidOption`.
   */
  async shutdown(options: ShutdownOptions = {}): Promise<ShutdownReport> {
    const request = parseShutdown(options, this.#settings.limits);
    this.#ending ??= this.#shutdown(request);
    return this.#ending;
  }

  /** As `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #mapRun(agent: string, request: MapRequest): MapRun {
    return new MapRun(request, {
      draft: (input) => this.#drafter.draft(agent, input, request.draft),
      chunks: this.#chunks(agent, request.draft, request.concurrency),
      publishAll: async (drafts, owner, signal) => {
        this.#refuseUnlessOpen('map');
        await this.#submitter.publishAll(drafts, owner, signal);
      },
      abandon: (seqs, reason) => this.#book.abandon(agent, seqs, reason),
      defer: (callback) => this.#settings.clock.defer(callback),
    });
  }

  #chunks(agent: string, options: DraftOptions, concurrency: number): ChunkMaker {
    return this.#drafter.chunks(agent, options, this.#parts.dispatcher.paces.measure(agent, concurrency));
  }

  async #shutdown({ graceMs, drain }: Required<ShutdownOptions>): Promise<ShutdownReport> {
    const left = await drainCoalition({ parts: this.#parts, settings: this.#settings, graceMs, drain });
    const isKept = await letGo(this.#parts, this.#settings);
    const { completed, deadLettered } = this.#parts.desk.counts;
    const [requeued, abandoned] = isKept ? [left, 0] : [0, left];
    return { completed, requeued, deadLettered, abandoned, cancelled: this.#book.cancelledCount };
  }

  #refuseUnlessOpen(call: string): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ending === undefined) return;
    throw new ConclaveError(
      'ShuttingDown',
      `${call} came after shutdown of coalition "${this.name}" had begun.`,
    );
  }
}
