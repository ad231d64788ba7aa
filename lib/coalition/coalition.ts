import { ConclaveError } from '../core/errors.js';
import type { Subscription } from '../core/listeners.js';
import { wrong } from '../core/parse.js';
import { encode, type Plain } from '../core/value.js';
import type { SharedState } from '../host/contract.js';
import type { ClaimStore } from '../storage/contract.js';
import type { AgentPlan } from './agent-plan.js';
import type { AgentName, PayloadOf, ResultOf } from './agent-types.js';
import { Assembly, type AssemblyOptions } from './assembly.js';
import { drainCoalition, parseShutdown, type ShutdownOptions, type ShutdownReport } from './drain.js';
import { type CoalitionEvents, createAnnouncer } from './events.js';
import { type MapInputs, type MapOptions, MapRun } from './map-run.js';
import { type CoalitionSettings, wholeNumber } from './options.js';
import type { Draft } from './publisher.js';
import { QueryDesk } from './query-desk.js';
import type { QueryReport } from './query-run.js';
import { Submitter } from './submitter.js';
import type { Task } from './task.js';

/** How one task is submitted. */
export interface SubmitOptions {
  /** Makes the submit idempotent: the same id again, within the dedupe window, is the same task. */
  readonly id?: string;
  /** 0 to 9, larger first where the schedule looks at it (default 4). */
  readonly priority?: number;
}

/** How a query is run. */
export interface QueryOptions {
  /** How often every agent is dispatched (default 1). */
  readonly loops?: number;
  /** Ends the query with the signal's reason; what was dispatched already goes on. */
  readonly signal?: AbortSignal;
}

const MAP_CONCURRENCY = 512;
const MAP_CONCURRENCY_MAX = 1_000_000;
const LOOPS_MAX = 10_000;
const PRIORITY_MAX = 9;
const ID_LENGTH_MAX = 256;

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
  readonly #submitter: Submitter;
  readonly #queries: QueryDesk;
  #cancelled = 0;
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
    this.#submitter = new Submitter(this.#parts, parts.settings);
    this.#queries = new QueryDesk(this.#parts, parts.settings, this.#submitter, parts.stages);
  }

  /** @internal Leads, then starts the workers. */
  async start(): Promise<void> {
    await this.#parts.leadership.elected();
    await this.#parts.pool.start();
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

  /** Listens, until unsubscribed. A listener that throws is a `fault`, and hurts nobody else. */
  on<Name extends keyof CoalitionEvents>(
    name: Name,
    listener: (detail: CoalitionEvents[Name]) => void,
  ): Subscription {
    return this.#announcer.on(name, listener);
  }

  /**
   * Hands a task to the broker; resolves once the broker promises what it promises (`task.durable`).
   * @throws `UnknownAgent`, `NotSerializable`, `MessageTooLarge`, `QueueFull`, `ShuttingDown`.
   */
  async submit<Name extends AgentName<Module>>(
    agent: Name,
    payload: PayloadOf<Module, Name>,
    options: SubmitOptions = {},
  ): Promise<Task<ResultOf<Module, Name>>> {
    this.#refuseUnlessOpen('submit');
    const task = await this.#submitter.submit(this.#draft(agent, payload, options));
    return task as Task<ResultOf<Module, Name>>;
  }

  /**
   * Runs an agent over inputs and yields what it answers, in input order, with at most `concurrency` inputs under
   * way; waits while the queue is full. Leaving the loop drops what has not begun. A failed task ends the loop.
   */
  map<Name extends AgentName<Module>>(
    agent: Name,
    inputs: MapInputs<PayloadOf<Module, Name>>,
    options: MapOptions = {},
  ): AsyncGenerator<ResultOf<Module, Name>, void, undefined> {
    this.#refuseUnlessOpen('map');
    this.#planOf(agent);
    refuseNotIterable(inputs);
    const wanted = options.concurrency ?? MAP_CONCURRENCY;
    const concurrency = wholeNumber('concurrency', wanted, 1, MAP_CONCURRENCY_MAX);
    const run = new MapRun(agent, concurrency, {
      publishAll: async (drafts, owner, signal) => {
        this.#refuseUnlessOpen('map');
        await this.#submitter.publishAll(drafts, owner, signal);
      },
      abandon: (seqs) => {
        this.#cancelled += this.#parts.table.forget(seqs);
      },
    });
    return run.run(inputs, options.signal) as AsyncGenerator<ResultOf<Module, Name>, void, undefined>;
  }

  /**
   * Puts a question to all agents: in every loop each is dispatched once, stage by stage as `after` says, and sees
   * what came before as `context.state`. Queries of one coalition run one after the other. Resolves when the last
   * loop is over and every claim it brought is persisted.
   * @throws `NotSerializable`, `InvalidOption`, `ShuttingDown`, and `StoreUnavailable` when claims cannot be kept.
   */
  async runQuery(query: Plain, options: QueryOptions = {}): Promise<QueryReport> {
    this.#refuseUnlessOpen('runQuery');
    const loops = wholeNumber('loops', options.loops ?? 1, 1, LOOPS_MAX);
    this.#refuseTooManyResults(loops);
    encode(query, 'query');
    return this.#queries.run(query, loops, options.signal, () => this.#refuseUnlessOpen('runQuery'));
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

  #draft(agent: string, payload: unknown, { id, priority }: SubmitOptions): Draft {
    this.#planOf(agent);
    if (id !== undefined) refuseBadId(id);
    if (priority !== undefined) wholeNumber('priority', priority, 0, PRIORITY_MAX);
    return { kind: 'task', agent, id, priority, payload: encode(payload) };
  }

  async #shutdown({ graceMs, drain }: Required<ShutdownOptions>): Promise<ShutdownReport> {
    const { clock, broker: brokerOption, store: storeOption } = this.#settings;
    const { broker, store, desk } = this.#parts;
    const left = await drainCoalition({ parts: this.#parts, graceMs, drain, clock });
    if (typeof brokerOption === 'string') await broker.close({ drain: false, deadlineMs: 0 });
    if (typeof storeOption === 'string') await store.close();
    const { completed, deadLettered } = desk.counts;
    const [requeued, abandoned] = broker.capabilities.durable ? [left, 0] : [0, left];
    return { completed, requeued, deadLettered, abandoned, cancelled: this.#cancelled };
  }

  #planOf(agent: string): AgentPlan {
    const plan = this.#plans.get(agent);
    if (plan !== undefined) return plan;
    throw new ConclaveError(
      'UnknownAgent',
      `No agent is called "${agent}" in coalition "${this.name}"; it has ${[...this.#plans.keys()].join(', ')}.`,
    );
  }

  #refuseUnlessOpen(call: string): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ending === undefined) return;
    throw new ConclaveError(
      'ShuttingDown',
      `${call} came after shutdown of coalition "${this.name}" had begun.`,
    );
  }

  #refuseTooManyResults(loops: number): void {
    const { stateResultsMax } = this.#settings.limits;
    const results = loops * this.#plans.size;
    if (results <= stateResultsMax) return;
    throw new ConclaveError(
      'StateFull',
      `${loops} loops of ${this.#plans.size} agents make ${results} results; the shared state holds ` +
        `${stateResultsMax} (stateResultsMax). Run fewer loops, or raise the limit.`,
    );
  }
}

function refuseNotIterable(inputs: unknown): void {
  const isIterable = typeof inputs === 'string' || (typeof inputs === 'object' && inputs !== null);
  if (isIterable && (Symbol.iterator in Object(inputs) || Symbol.asyncIterator in Object(inputs))) return;
  throw wrong('what map runs over', 'an iterable or an async iterable', inputs);
}

function refuseBadId(id: unknown): void {
  if (typeof id === 'string' && id.length > 0 && id.length <= ID_LENGTH_MAX) return;
  throw wrong('id', `a text of 1 to ${ID_LENGTH_MAX} characters`, id);
}
