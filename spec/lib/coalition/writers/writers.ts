import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import type { Draft } from '../../../../lib/coalition/tasks/publisher.js';
import { Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import type { Limits } from '../../../../lib/core/limits.js';
import { encode } from '../../../../lib/core/value.js';
import { createSystem } from '../../../../lib/system/system.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { limitsOf } from '../fakes.js';

export const QUEUE = 'spec.queue';

/** What a writer at the end of a queue needs around it. */
export function writerBench(limits: Partial<Limits> = {}) {
  const clock = new ManualClock();
  const broker = new InMemoryBroker({ clock, limits });
  const system = createSystem({ clock, log: () => {} });
  const errors: unknown[] = [];
  const names = { queue: QUEUE, coalition: 'spec', producer: 'session' };
  const publisher = new Publisher({ broker, ...names, epoch: () => 1, clock, patienceMs: 30_000 });
  const options = {
    system,
    broker,
    queue: QUEUE,
    clock,
    limits: limitsOf(limits),
    onError: (error: unknown) => errors.push(error),
  };
  return { clock, broker, system, errors, publisher, options };
}

export const STOP: Draft = { kind: 'stop', agent: '', payload: encode(null) };
