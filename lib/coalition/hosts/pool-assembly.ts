import type { Broker, Delivery } from '../../brokers/contract.js';
import type { ConclaveError } from '../../core/errors.js';
import type { Listeners } from '../../core/listeners.js';
import type { Executor } from '../../executors/contract.js';
import type { AgentPlan } from '../agent-plan.js';
import { blameless } from '../dispatch/blameless.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { TaskIntake } from '../dispatch/task-intake.js';
import type { CoalitionEvents } from '../events.js';
import type { CoalitionSettings } from '../options.js';
import { StateFeed } from '../query/state-feed.js';
import { AnswerDesk } from '../tasks/answer-desk.js';
import type { Publisher } from '../tasks/publisher.js';
import { TaskTable } from '../tasks/task-table.js';
import { Wiring } from '../wiring.js';
import { createPool } from '../workers/create-pool.js';
import type { WorkerPool } from '../workers/worker-pool.js';
import { Heartbeat } from './heartbeat.js';
import { inboxQueue, rosterQueue } from './host-queues.js';
import type { PoolInfo } from './presence.js';
import { StateGate } from './state-gate.js';
import { StateMirror } from './state-mirror.js';

/** What a pool that joins is put together from. */
export interface PoolAssemblyOptions {
  readonly settings: CoalitionSettings;
  readonly plans: ReadonlyMap<string, AgentPlan>;
  readonly broker: Broker;
  readonly executor: Executor;
  readonly announcer: Listeners<CoalitionEvents>;
  /** Where it runs. */
  readonly place: Pick<PoolInfo, 'host' | 'pid'>;
  /** The workers cannot be kept alive. */
  readonly onFailed: (error: ConclaveError) => void;
}

/** A task that its state was not here for is left to others for so long. */
const GIVE_BACK_MS = 500;
/** How long a task waits here for its state. */
const HOLD_MS = 2_000;

/**
 * The parts of a worker pool that has joined a coalition, wired: those of the coalition that run tasks, without
 * those that lead, submit and write.
 *
 *     tasks ▶ broker actor ▶ gate ▶ dispatcher ▶ pool ▶ desk ▶ results, claims, answers
 *     inbox ▶ mirror ──state──▲                    ▲
 *     heartbeat ▶ roster queue                     └── feed
 */
export class PoolAssembly {
  readonly wiring: Wiring;
  readonly info: PoolInfo;
  readonly results: Publisher;
  readonly claims: Publisher;
  readonly desk: AnswerDesk;
  readonly intake: TaskIntake;
  readonly dispatcher: Dispatcher;
  readonly feed: StateFeed;
  readonly pool: WorkerPool;
  readonly gate: StateGate;
  readonly mirror: StateMirror;
  readonly heartbeat: Heartbeat;
  readonly #options: PoolAssemblyOptions;
  /** The newest leadership that a task was published under. */
  #epoch = 0;
  #takesTasks = false;

  constructor(options: PoolAssemblyOptions) {
    const { settings, broker, announcer, plans, place } = options;
    this.#options = options;
    const onGivenUp = (error: ConclaveError) => this.#giveUp(error);
    this.wiring = new Wiring({ settings, broker, announcer, onGivenUp });
    const { session } = this.wiring;
    this.info = { pool: session, ...place, agents: [...plans.keys()], workers: settings.workers };
    this.results = this.#publisher('results');
    this.claims = this.#publisher('claims');
    this.desk = this.#createDesk();
    this.intake = this.#createIntake();
    this.dispatcher = this.#createDispatcher();
    this.feed = new StateFeed((frame) => this.pool.broadcast(frame));
    this.pool = createPool({
      ...options,
      system: this.wiring.system,
      epoch: () => this.#epoch,
      feed: this.feed,
      dispatcher: this.dispatcher,
      onHopeless: onGivenUp,
    });
    this.gate = this.#createGate();
    this.mirror = this.#createMirror();
    this.heartbeat = this.#createHeartbeat();
  }

  /** Takes tasks from now on. */
  takeTasks(): void {
    this.#takesTasks = true;
    this.intake.tell({ type: 'demand', demand: this.#demand });
  }

  #publisher(kind: 'results' | 'claims'): Publisher {
    return this.wiring.publisher(this.wiring.queue(kind), () => this.#epoch);
  }

  #createDesk(): AnswerDesk {
    const { settings, announcer } = this.#options;
    const nobody = { submitted: () => {}, settled: () => {} }; // it submits nothing
    return new AnswerDesk({
      coalition: settings.name,
      table: new TaskTable(this.wiring.session, nobody, (callback) => settings.clock.defer(callback)),
      results: this.results,
      claims: this.claims,
      announcer,
      keepsAnswers: true,
    });
  }

  #createIntake(): TaskIntake {
    const { settings, plans } = this.#options;
    return new TaskIntake({
      ...this.wiring.at('tasks', 'broker'),
      ageingMs: settings.policy.ageingMs,
      agents: [...plans.keys()],
      accept: (deliveries) => {
        this.wiring.faults.over('broker');
        for (const { envelope } of deliveries) this.#epoch = Math.max(this.#epoch, envelope.epoch);
        this.dispatcher.accept(this.gate.pass(deliveries));
        return this.#demand;
      },
    });
  }

  /** What waits at the gate will need room as well. */
  get #demand(): number {
    return Math.max(0, this.dispatcher.demand - this.gate.held);
  }

  #createDispatcher(): Dispatcher {
    const { settings, plans } = this.#options;
    return new Dispatcher({
      ...this.wiring.at('tasks', 'broker'),
      policy: settings.policy,
      concurrency: settings.concurrencyPerWorker,
      plans,
      sink: this.desk,
      isWanted: () => true,
      unpacking: undefined, // nobody makes chunks where several processes share a broker
      closedPlaces: () => [],
      tell: (event) => {
        if (this.#takesTasks) this.intake.tell(event);
      },
      onPolicyFault: (error) => this.wiring.fault('schedule', error),
      random: settings.random,
    });
  }

  #createGate(): StateGate {
    const { clock, limits } = this.#options.settings;
    return new StateGate({
      clock,
      holdMs: Math.min(HOLD_MS, limits.leaseMs / 2), // nobody renews its lease while it waits
      has: (query, count) => this.mirror.has(query, count),
      onReady: (deliveries) => this.dispatcher.accept(deliveries),
      onOverdue: (deliveries) => void this.giveBack(deliveries, GIVE_BACK_MS),
    });
  }

  /** Leaves tasks that were never begun to others. */
  async giveBack(deliveries: readonly Delivery[], delayMs: number): Promise<void> {
    if (deliveries.length === 0) return;
    const reason = 'the shared state of their query was not here';
    const refusals = deliveries.map((delivery) => blameless(delivery, reason, delayMs));
    try {
      await this.#options.broker.nack(this.wiring.queue('tasks'), refusals);
    } catch (error) {
      this.wiring.brokerFault('broker', error); // they come back when their lease is over
    }
    this.intake.tell({ type: 'settled', count: deliveries.length, demand: this.#demand });
  }

  #createMirror(): StateMirror {
    const { name } = this.#options.settings;
    return new StateMirror({
      ...this.wiring.on(inboxQueue(name, this.wiring.session), 'state'),
      session: undefined, // anybody's order counts: the inbox is this pool's alone
      feed: this.feed,
      onChange: () => this.gate.look(),
    });
  }

  #createHeartbeat(): Heartbeat {
    const { broker, settings } = this.#options;
    const queue = rosterQueue(settings.name);
    return new Heartbeat({
      broker,
      queue,
      publisher: this.wiring.publisher(queue, () => this.#epoch),
      pool: this.info,
      clock: settings.clock,
      leaseMs: settings.limits.leaseMs,
      onError: (error) => this.wiring.brokerFault('presence', error),
    });
  }

  #giveUp(error: ConclaveError): void {
    this.pool.fail(error);
    this.#options.onFailed(error);
  }
}
