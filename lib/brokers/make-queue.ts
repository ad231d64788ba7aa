import type { Clock } from '../core/clock.js';
import type { Limits } from '../core/limits.js';
import { MemoryQueue } from './memory-queue.js';
import type { MemoryQueueOptions } from './queue-journal.js';

/** Makes the queue of a name. */
export type MakeQueue = (
  clock: Clock,
  limits: Limits,
  options: MemoryQueueOptions,
  name: string,
) => MemoryQueue;

/** A queue whose messages are ready as soon as they are accepted. */
export const makeMemoryQueue: MakeQueue = (clock, limits, options) => new MemoryQueue(clock, limits, options);
