import type { ConclaveError } from '../../core/errors.js';
import type { Listeners } from '../../core/listeners.js';
import type { Executor } from '../../executors/contract.js';
import type { ActorSystem } from '../../system/system.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { CoalitionEvents } from '../events.js';
import type { CoalitionSettings } from '../options.js';
import type { StateFeed } from '../query/state-feed.js';
import { type PoolListener, WorkerPool } from './worker-pool.js';

/** Of what a pool is made, and whom what its workers say concerns. */
export interface CreatePoolOptions {
  readonly system: ActorSystem;
  readonly settings: CoalitionSettings;
  readonly executor: Executor;
  readonly epoch: () => number;
  readonly feed: StateFeed;
  readonly dispatcher: Dispatcher;
  readonly announcer: Listeners<CoalitionEvents>;
  readonly onHopeless: (error: ConclaveError) => void;
}

/** The workers of a coalition as its settings have them, none of them started. */
export function createPool(options: CreatePoolOptions): WorkerPool {
  const { system, settings, executor, epoch } = options;
  const { name, agents, workers, concurrencyPerWorker, clock, limits } = settings;
  return new WorkerPool({
    system,
    executor,
    workers,
    spec: {
      coalition: name,
      agents: typeof agents === 'string' ? agents : undefined,
      credit: limits.creditPerWorker,
      concurrency: concurrencyPerWorker,
      payloadBytesMax: limits.payloadBytesMax,
      onceKeysMax: limits.onceKeysMax,
    },
    epoch,
    clock,
    limits,
    listener: poolListener(options),
  });
}

/** Hands on what workers say: tasks to the dispatcher, comings and goings to whoever listens as well. */
function poolListener({ feed, dispatcher, announcer, onHopeless }: CreatePoolOptions): PoolListener {
  return {
    ready: (worker, link, credit) => {
      link.send(feed.whole());
      dispatcher.workerReady(worker, link, credit);
      announcer.emit('worker', { worker, state: 'ready', pid: link.pid });
    },
    gone: (worker, { crashed, reason }) => {
      dispatcher.workerGone(worker);
      announcer.emit('worker', crashed ? { worker, state: 'crashed', reason } : { worker, state: 'left' });
    },
    hopeless: onHopeless,
    settled: (worker, frame) => dispatcher.settle(worker, frame),
    returned: (worker, frame) => dispatcher.takeBack(worker, frame),
    began: (worker, batch, at) => dispatcher.began(worker, batch, at),
    record: (worker, frame) => dispatcher.record(worker, frame),
    progress: (worker, batch, at, fraction) => {
      const task = dispatcher.find(worker, batch, at)?.envelope;
      if (task !== undefined) announcer.emit('progress', { id: task.id, agent: task.agent, fraction });
    },
  };
}
