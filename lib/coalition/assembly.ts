import { coordinatorChart } from '../../actors/coordinator.js';
import type { Broker } from '../brokers/contract.js';
import { type ConclaveError, messageOf } from '../core/errors.js';

import type { Listeners } from '../core/listeners.js';
import type { Executor } from '../executors/contract.js';
import type { ClaimStore } from '../storage/contract.js';
import { createSystem } from '../system/system.js';
import type { AgentPlan } from './agent-plan.js';
import { BrokerFaults } from './broker-faults.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { TaskIntake } from './dispatch/task-intake.js';
import type { CoalitionEvents } from './events.js';
import { Leadership } from './leadership.js';
import type { CoalitionSettings } from './options.js';
import type { QueryRun } from './query/query-run.js';
import { StateFeed } from './query/state-feed.js';
import { AnswerDesk } from './tasks/answer-desk.js';
import { Elsewhere } from './tasks/elsewhere.js';
import { type KeptTasks, keptTasksOf } from './tasks/kept-task.js';
import { Publisher } from './tasks/publisher.js';
import { TaskTable } from './tasks/task-table.js';
import { createPool } from './workers/create-pool.js';
import { tooManyDied, type WorkerPool } from './workers/worker-pool.js';
import { ResultAggregator } from './writers/result-aggregator.js';
import { StorageCoordinator } from './writers/storage-coordinator.js';

/** What a coalition is put together from. */
export interface AssemblyOptions {
  readonly settings: CoalitionSettings;
  readonly plans: ReadonlyMap<string, AgentPlan>;
  readonly broker: Broker;
  readonly store: ClaimStore;
  readonly executor: Executor;
  readonly announcer: Listeners<CoalitionEvents>;
  /** The workers cannot be kept alive. */
  readonly onFailed: (error: ConclaveError) => void;
}

const QUEUES = ['tasks', 'results', 'claims'] as const;
type QueueKind = (typeof QUEUES)[number];

/**
 * The parts of a coalition, wired: every box is an actor of one system, whose chart decides and whose shell is
 * built here.
 *
 *     leadership ─ epoch ─▶ all that write
 *     tasks ▶ broker actor ▶ dispatcher ▶ pool ▶ desk ▶ results ▶ aggregator ▶ coordinator
 *                                                 └──▶ claims  ▶ storage
 */
export class Assembly {
  readonly system;
  readonly broker: Broker;
  readonly store: ClaimStore;
  readonly leadership: Leadership;
  readonly storage: StorageCoordinator;
  readonly aggregator: ResultAggregator;
  readonly coordinator;
  readonly intake: TaskIntake;
  readonly tasks: Publisher;
  readonly results: Publisher;
  readonly claims: Publisher;
  readonly table: TaskTable;
  readonly desk: AnswerDesk;
  /** Where answers are kept that outlive this process; undefined: nowhere. */
  readonly kept: KeptTasks | undefined;
  readonly elsewhere: Elsewhere;
  readonly dispatcher: Dispatcher;
  readonly feed: StateFeed;
  readonly pool: WorkerPool;
  /** The query that runs, and whom to tell when its last loop is over, or that it never will be. */
  query: { readonly run: QueryRun; finish(): void; fail(error: unknown): void } | undefined;
  /** Tasks that were given up with the workers. */
  lost = 0;
  readonly #options: AssemblyOptions;
  readonly #session: string;
  readonly #brokerFaults: BrokerFaults;

  constructor(options: AssemblyOptions) {
    const { settings, broker, store, announcer } = options;
    this.#options = options;
    this.#session = settings.ids.next('session');
    [this.broker, this.store] = [broker, store];
    this.#brokerFaults = new BrokerFaults({ clock: settings.clock, tell: this.fault });
    this.system = this.#createSystem();
    this.leadership = this.#createLeadership();
    this.tasks = this.#createPublisher('tasks');
    this.results = this.#createPublisher('results');
    this.claims = this.#createPublisher('claims');
    this.storage = this.#createStorage();
    this.aggregator = this.#createAggregator();
    this.coordinator = this.system.spawn(this.#coordinatorChart(), {
      id: 'coordinator',
      restart: 'transient',
      stopEvent: { type: 'stop' },
    });
    this.table = this.#createTable();
    this.kept = keptTasksOf(broker, settings.clock);
    this.desk = new AnswerDesk({
      coalition: settings.name,
      table: this.table,
      results: this.results,
      claims: this.claims,
      announcer,
      keepsAnswers: this.kept !== undefined,
    });
    this.elsewhere = this.#createElsewhere();
    this.intake = this.#createIntake();
    this.dispatcher = this.#createDispatcher();
    this.feed = new StateFeed((frame) => this.pool.broadcast(frame));
    this.pool = this.#createPool();
  }

  #createTable(): TaskTable {
    const counter = {
      submitted: (count: number) => {
        this.coordinator.send({ type: 'submitted', count });
        this.elsewhere.want();
      },
      settled: (count: number) => this.coordinator.send({ type: 'settled', count }),
    };
    return new TaskTable(this.#session, counter, (callback) => this.#options.settings.clock.defer(callback));
  }

  /** All that the coalition has on its broker. */
  get queues(): readonly string[] {
    return QUEUES.map((kind) => this.queue(kind));
  }

  /** The name of one of the coalition's queues at the broker. */
  queue(kind: QueueKind): string {
    return `${this.#options.settings.name}.${kind}`;
  }

  /** Something failed that no caller waits for: an event, or a line in the log where nobody listens. */
  readonly fault = (source: string, error: unknown): void => {
    const { announcer } = this.#options;
    if (announcer.isHeard('fault')) announcer.emit('fault', { source, error });
    else console.error(`conclave: ${source}: ${messageOf(error)}`);
  };

  /** What the broker would have people know: once whoever has just got the coalition can listen. */
  tellWarnings(): void {
    const { warnings = [] } = this.broker;
    for (const warning of warnings) this.#options.settings.clock.defer(() => this.fault('broker', warning));
  }

  #createSystem() {
    const { clock, ids, random, limits } = this.#options.settings;
    const log = (line: string) => this.fault('system', line);
    const system = createSystem({ clock, ids, random, log, mailboxCapacity: limits.mailboxCapacity });
    system.on('escalated', ({ supervisor, error }) => {
      if (supervisor === 'pool') this.#giveUp(tooManyDied(this.#options.settings.limits, error));
    });
    system.on('restart', ({ id, error }) =>
      this.#options.announcer.emit('restart', { actor: id, reason: String(error) }),
    );
    return system;
  }

  #createLeadership(): Leadership {
    const { settings, store, announcer } = this.#options;
    const { clock, limits, name: coalition } = settings;
    const leader = this.#session;
    return new Leadership({
      system: this.system,
      store,
      id: leader,
      coalition,
      clock,
      limits,
      onElected: (epoch) => {
        this.coordinator.send({ type: 'elected', epoch });
        announcer.emit('leader', { state: 'elected', leader, epoch });
      },
      onDeposed: (epoch, reason) => {
        if (reason !== 'stop') this.coordinator.send({ type: 'deposed' });
        announcer.emit('leader', { state: 'deposed', leader, epoch });
      },
      onError: (error) => this.fault('lease', error),
    });
  }

  #createPublisher(kind: QueueKind): Publisher {
    return new Publisher({
      broker: this.broker,
      queue: this.queue(kind),
      coalition: this.#options.settings.name,
      producer: this.#session,
      epoch: () => this.leadership.epoch,
      clock: this.#options.settings.clock,
      patienceMs: this.#options.settings.limits.leaseMs,
    });
  }

  #createStorage(): StorageCoordinator {
    const { announcer, settings } = this.#options;
    return new StorageCoordinator({
      ...this.#at('claims'),
      store: this.store,
      coalition: settings.name,
      epoch: () => this.leadership.epoch,
      onPersisted: (claims) => {
        for (const claim of claims) announcer.emit('claim', claim);
      },
    });
  }

  #createAggregator(): ResultAggregator {
    return new ResultAggregator({
      ...this.#at('results'),
      onTaken: (count) => this.coordinator.send({ type: 'answered', count }),
    });
  }

  /** What everything that works on a queue is made with. */
  #at(kind: QueueKind, source: string = kind) {
    const { clock, limits } = this.#options.settings;
    const onError = (error: unknown) => this.#brokerFault(source, error);
    const [system, broker, queue, session] = [this.system, this.broker, this.queue(kind), this.#session];
    return { system, broker, queue, session, clock, limits, onError };
  }

  #coordinatorChart() {
    return coordinatorChart.provide({
      actions: {
        dispatchStage: (_, { loop, stage }) => {
          this.feed.send(this.aggregator.results);
          void this.query?.run.dispatch(loop, stage);
        },
        finishQuery: () => this.query?.finish(),
      },
    });
  }

  #createElsewhere(): Elsewhere {
    return new Elsewhere({
      ...this.#at('tasks', 'answers'),
      open: () => this.table.size,
      onAnswers: (answers) => this.desk.heard(answers),
    });
  }

  #createIntake(): TaskIntake {
    const { settings, plans } = this.#options;
    return new TaskIntake({
      ...this.#at('tasks', 'broker'),
      ageingMs: settings.policy.ageingMs,
      agents: this.broker.capabilities.shared ? [...plans.keys()] : undefined,
      accept: (deliveries) => {
        this.#brokerFaults.over('broker');
        this.elsewhere.answered();
        this.desk.orphaned(deliveries.filter((delivery) => this.table.isOrphan(delivery)));
        this.dispatcher.accept(deliveries);
        return this.dispatcher.demand;
      },
    });
  }

  #createDispatcher(): Dispatcher {
    const { settings, plans } = this.#options;
    const { policy, random, concurrencyPerWorker: concurrency } = settings;
    return new Dispatcher({
      ...this.#at('tasks', 'broker'),
      policy,
      concurrency,
      plans,
      sink: this.desk,
      isWanted: (delivery) => this.table.isWanted(delivery),
      tell: (event) => this.intake.tell(event),
      onPolicyFault: (error) => this.fault('schedule', error),
      random,
    });
  }

  #createPool(): WorkerPool {
    return createPool({
      ...this.#options,
      system: this.system,
      epoch: () => this.leadership.epoch,
      feed: this.feed,
      dispatcher: this.dispatcher,
      onHopeless: (error) => this.#giveUp(error),
    });
  }

  #brokerFault(source: string, error: unknown): void {
    this.elsewhere.failed(error);
    this.#brokerFaults.tell(source, error);
  }

  /** No worker is left, and none will come: whoever waits is told why. */
  #giveUp(error: ConclaveError): void {
    this.pool.fail(error);
    this.lost += this.table.failAll(error);
    this.query?.fail(error);
    this.#options.onFailed(error);
  }
}
