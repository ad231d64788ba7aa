import type { ConclaveError } from '../../core/errors.js';
import type { Listeners } from '../../core/listeners.js';
import type { Dispatcher } from '../dispatch/dispatcher.js';
import type { CoalitionEvents } from '../events.js';
import type { StateFeed } from '../query/state-feed.js';
import type { PoolListener } from './worker-pool.js';

/** Whom what workers say concerns. */
export interface PoolListenerOptions {
  readonly feed: StateFeed;
  readonly dispatcher: Dispatcher;
  readonly announcer: Listeners<CoalitionEvents>;
  readonly onHopeless: (error: ConclaveError) => void;
}

/** Hands on what workers say: tasks to the dispatcher, comings and goings to whoever listens as well. */
export function createPoolListener(options: PoolListenerOptions): PoolListener {
  const { feed, dispatcher, announcer, onHopeless } = options;
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
