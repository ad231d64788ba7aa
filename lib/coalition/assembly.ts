import { coordinatorChart } from '../../actors/coordinator.js';
import type { Broker } from '../brokers/contract.js';
import type { ConclaveError } from '../core/errors.js';
import type { Listeners } from '../core/listeners.js';
import type { Executor } from '../executors/contract.js';
import type { ClaimStore } from '../storage/contract.js';
import type { AgentPlan } from './agent-plan.js';
import { Unpacking } from './chunks/unpacking.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { TaskIntake } from './dispatch/task-intake.js';
import type { CoalitionEvents } from './events.js';
import { createHosts, type Hosts } from './hosts/create-hosts.js';
import { inboxQueue, rosterQueue } from './hosts/host-queues.js';
import { Leadership } from './leadership.js';
import type { CoalitionSettings } from './options.js';
import type { QueryRun } from './query/query-run.js';
import { StateFeed } from './query/state-feed.js';
import { AnswerDesk } from './tasks/answer-desk.js';
import { Elsewhere } from './tasks/elsewhere.js';
import { type KeptTasks, keptTasksOf } from './tasks/kept-task.js';
import type { Publisher } from './tasks/publisher.js';
import { TaskTable } from './tasks/task-table.js';
import { QUEUES, type QueueKind, Wiring } from './wiring.js';
import { createPool } from './workers/create-pool.js';
import type { WorkerPool } from './workers/worker-pool.js';
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

/**
 * The parts of a coalition, wired: every box is an actor of one system, whose chart decides and whose shell is
 * built here.
 *
 *     leadership ─ epoch ─▶ all that write
 *     tasks ▶ broker actor ▶ dispatcher ▶ pool ▶ desk ▶ results ▶ aggregator ▶ coordinator
 *                                                 └──▶ claims  ▶ storage
 */
export class Assembly {
  readonly wiring: Wiring;
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
  /** The pools that have joined from other processes, and what they hear; undefined where none can. */
  readonly hosts: Hosts | undefined;
  /** The query that runs, and whom to tell when its last loop is over, or that it never will be. */
  query: { readonly run: QueryRun; finish(): void; fail(error: unknown): void } | undefined;
  /** Tasks that were given up with the workers. */
  lost = 0;
  readonly #options: AssemblyOptions;

  constructor(options: AssemblyOptions) {
    const { settings, broker, store, announcer } = options;
    this.#options = options;
    [this.broker, this.store] = [broker, store];
    const onGivenUp = (error: ConclaveError) => this.#giveUp(error);
    this.wiring = new Wiring({ settings, broker, announcer, onGivenUp });
    this.system = this.wiring.system;
    this.leadership = this.#createLeadership();
    this.tasks = this.#createPublisher('tasks');
    this.results = this.#createPublisher('results');
    this.claims = this.#createPublisher('claims');
    this.storage = this.#createStorage();
    this.aggregator = this.#createAggregator();
    const asCoordinator = { id: 'coordinator', restart: 'transient', stopEvent: { type: 'stop' } } as const;
    this.coordinator = this.system.spawn(this.#coordinatorChart(), asCoordinator);
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
    this.hosts = broker.capabilities.shared ? this.#createHosts() : undefined;
  }

  #createTable(): TaskTable {
    const counter = {
      submitted: (count: number) => {
        this.coordinator.send({ type: 'submitted', count });
        this.elsewhere.want();
      },
      settled: (count: number) => this.coordinator.send({ type: 'settled', count }),
      expected: (agent: string) => this.hosts?.vacancies?.asked(agent),
    };
    return new TaskTable(this.wiring.session, counter, (callback) =>
      this.#options.settings.clock.defer(callback),
    );
  }

  /** All that the coalition has on its broker. */
  get queues(): readonly string[] {
    const { name } = this.#options.settings;
    const pools = this.hosts?.roster.pools ?? [];
    const inboxes = pools.map(({ pool }) => inboxQueue(name, pool));
    return [...QUEUES.map((kind) => this.wiring.queue(kind)), rosterQueue(name), ...inboxes];
  }

  /** Something failed that no caller waits for. */
  fault(source: string, error: unknown): void {
    this.wiring.fault(source, error);
  }

  #createLeadership(): Leadership {
    const { settings, store, announcer } = this.#options;
    const { clock, limits, name: coalition } = settings;
    const leader = this.wiring.session;
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
    return this.wiring.publisher(this.wiring.queue(kind), () => this.leadership.epoch);
  }

  #createStorage(): StorageCoordinator {
    const { announcer, settings } = this.#options;
    return new StorageCoordinator({
      ...this.#at('claims'),
      begun: this.leadership.begun,
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
      begun: this.leadership.begun,
      onTaken: (count) => this.coordinator.send({ type: 'answered', count }),
    });
  }

  #at(kind: QueueKind, source: string = kind) {
    return { ...this.wiring.at(kind), onError: (error: unknown) => this.#brokerFault(source, error) };
  }

  #coordinatorChart() {
    return coordinatorChart.provide({
      actions: {
        dispatchStage: (_, { loop, stage }) => {
          const { results } = this.aggregator;
          this.feed.send(results);
          this.hosts?.outbox.send(results);
          void this.query?.run.dispatch(loop, stage, results.length);
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
        this.wiring.faults.over('broker');
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
      closedPlaces: (envelope) => this.table.closedPlaces(envelope),
      unpacking: new Unpacking({
        publisher: this.tasks,
        table: this.table,
        onLost: (count, error) => {
          this.lost += count;
          this.fault('tasks', error);
        },
      }),
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

  #createHosts(): Hosts {
    return createHosts({
      ...this.#options,
      wiring: this.wiring,
      epoch: () => this.leadership.epoch,
      open: () => this.table.size,
      onStateError: (error) => this.#brokerFault('state', error),
    });
  }

  #brokerFault(source: string, error: unknown): void {
    this.elsewhere.failed(error);
    this.wiring.brokerFault(source, error);
  }

  /** No worker is left, and none will come: whoever waits is told why. */
  #giveUp(error: ConclaveError): void {
    this.pool.fail(error);
    this.lost += this.table.failAll(error);
    this.query?.fail(error);
    this.#options.onFailed(error);
  }
}
