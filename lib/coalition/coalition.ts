import { ConclaveError } from '../core/errors.js';
import type { Subscription } from '../core/listeners.js';
import type { Envelope } from '../core/message.js';
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
import { type Draft, type PublishWatcher, tooLarge } from './publisher.js';
import { type QueryReport, QueryRun } from './query-run.js';
import { Task, type TaskOwner } from './task.js';
import { TaskIds } from './task-ids.js';

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
  /** The agents' names, stage by stage. */
  readonly stages: readonly (readonly string[])[];
};

/**
 * Agents that share work: tasks go in, results come out, claims are kept. `Module` is the type of the agents'
 * module; with it names, payloads and results are typed.
 */
export class Coalition<Module = unknown> {
  readonly name: string;
  readonly #settings: CoalitionSettings;
  readonly #plans: ReadonlyMap<string, AgentPlan>;
  readonly #stages: readonly (readonly string[])[];
  readonly #parts: Assembly;
  readonly #announcer = createAnnouncer();
  readonly #ids: TaskIds;
  #queries: Promise<unknown> = Promise.resolve();
  #cancelled = 0;
  #failure: ConclaveError | undefined;
  #ending: Promise<ShutdownReport> | undefined;

  /** @internal Use `createCoalition`. */
  constructor(parts: CoalitionParts) {
    this.#settings = parts.settings;
    this.#plans = parts.plans;
    this.#stages = parts.stages;
    this.#ids = new TaskIds(parts.settings.clock, parts.settings.limits);
    this.name = parts.settings.name;
    this.#parts = new Assembly({
      ...parts,
      announcer: this.#announcer,
      onFailed: (error) => {
        this.#failure = error;
      },
    });
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
    const draft = this.#draft(agent, payload, options);
    const { id } = options;
    const task =
      id === undefined ? await this.#submit(draft) : await this.#ids.once(id, () => this.#submit(draft));
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
    const wanted = options.concurrency ?? MAP_CONCURRENCY;
    const concurrency = wholeNumber('concurrency', wanted, 1, MAP_CONCURRENCY_MAX);
    const run: MapRun = new MapRun(agent, concurrency, {
      publishAll: (drafts, _owner, signal) => this.#publishAll(drafts, run, signal),
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
  runQuery(query: Plain, options: QueryOptions = {}): Promise<QueryReport> {
    this.#refuseUnlessOpen('runQuery');
    const loops = wholeNumber('loops', options.loops ?? 1, 1, LOOPS_MAX);
    this.#refuseTooManyResults(loops);
    encode(query, 'query');
    const report = this.#queries.then(() => this.#runQuery(query, loops, options.signal));
    this.#queries = report.catch(() => {}); // the next query does not care how this one ended
    return report;
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #submit(draft: Draft): Promise<Task> {
    const { tasks, table, broker } = this.#parts;
    const envelope = tasks.stamp(draft);
    const task = new Task(envelope.id, draft.agent, broker.capabilities.durable, this.#settings.clock);
    table.expect([envelope], task);
    try {
      const outcome = await tasks.publish(envelope);
      if (outcome === 'accepted') return task;
      throw this.#refusal(outcome, envelope);
    } catch (error) {
      table.forget([envelope.seq]);
      throw error;
    }
  }

  #draft(agent: string, payload: unknown, { id, priority }: SubmitOptions): Draft {
    this.#planOf(agent);
    if (id !== undefined) refuseBadId(id);
    if (priority !== undefined) wholeNumber('priority', priority, 0, PRIORITY_MAX);
    return { kind: 'task', agent, id, priority, payload: encode(payload) };
  }

  #refusal(outcome: 'duplicate' | 'full' | 'too-large', envelope: Envelope): ConclaveError {
    const { broker } = this.#parts;
    if (outcome === 'too-large') return tooLarge(envelope, broker);
    if (outcome === 'duplicate') {
      return new ConclaveError(
        'DuplicateTask',
        `A task with the id ${envelope.id} was accepted before, and its result is no longer kept here.`,
      );
    }
    return new ConclaveError(
      'QueueFull',
      `The task queue of "${this.name}" on ${broker.name} is full (queueDepthMax, queueBytesMax). ` +
        'Submit more slowly, use map, which waits, or add workers.',
    );
  }

  async #publishAll(
    drafts: readonly Draft[],
    owner: TaskOwner & PublishWatcher,
    signal?: AbortSignal,
  ): Promise<void> {
    const { tasks, table } = this.#parts;
    this.#refuseUnlessOpen('publish');
    const watcher: PublishWatcher = {
      stamped: (envelopes) => {
        owner.stamped(envelopes);
        table.expect(envelopes, owner);
      },
      refused: (envelopes) => {
        table.forget(envelopes.map((envelope) => envelope.seq));
        owner.refused(envelopes);
      },
    };
    await tasks.publishAll(drafts, watcher, signal);
  }

  async #runQuery(query: Plain, loops: number, signal: AbortSignal | undefined): Promise<QueryReport> {
    this.#refuseUnlessOpen('runQuery');
    signal?.throwIfAborted();
    const { ids, clock, limits } = this.#settings;
    const { aggregator, feed, coordinator, desk, storage } = this.#parts;
    const startedMs = clock.nowMs();
    const run: QueryRun = new QueryRun(ids.next('query'), query, this.#stages, {
      publishAll: (drafts) => this.#publishAll(drafts, run),
      // What a query says that was given up would be taken for the next one's.
      tell: (event) => this.#parts.query?.run === run && coordinator.send(event),
    });
    aggregator.begin(run.id);
    feed.reset();
    await this.#loop(run, loops, signal);
    await storage.whenPersisted(desk.counts.claimed, limits.shutdownGraceMs);
    const durationS = (clock.nowMs() - startedMs) / 1_000;
    return { loops, results: [...aggregator.results], failures: run.failures, durationS };
  }

  /** Resolves when the coordinator has walked the query to its end. */
  async #loop(run: QueryRun, loops: number, signal: AbortSignal | undefined): Promise<void> {
    const { coordinator } = this.#parts;
    const cancel = () => {
      coordinator.send({ type: 'cancel' });
      this.#parts.query?.fail(signal?.reason);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      await new Promise<void>((finish, fail) => {
        this.#parts.query = { run, finish, fail };
        const stages = this.#stages.map((stage) => stage.length);
        coordinator.send({ type: 'query', loops, stages });
      });
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#parts.query = undefined;
    }
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

function refuseBadId(id: unknown): void {
  if (typeof id === 'string' && id.length > 0 && id.length <= ID_LENGTH_MAX) return;
  throw new ConclaveError(
    'InvalidOption',
    `id must be a text of 1 to ${ID_LENGTH_MAX} characters, not ${String(id)}.`,
  );
}
