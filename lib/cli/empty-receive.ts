import type { Broker } from '../brokers/contract.js';
import { systemClock } from '../core/clock.js';
import { defaultLimits } from '../core/limits.js';

const TIMES = 3;

/** How long a receive waits at a queue in which nothing is, in seconds; the middle one of three. */
export async function measureEmptyReceive(broker: Broker, queue: string): Promise<number> {
  await receive(broker, queue, 0); // some brokers make a queue when it is first asked for
  const tookMs: number[] = [];
  for (let time = 0; time < TIMES; time += 1) {
    // A timer counts from the beginning of the turn in which it is set: that must be now.
    await new Promise<void>((resolve) => systemClock.defer(resolve));
    const startedMs = systemClock.nowMs();
    await receive(broker, queue, defaultLimits.receiveWaitMs);
    tookMs.push(systemClock.nowMs() - startedMs);
  }
  await broker.purge?.([queue]);
  const [middleMs = 0] = tookMs.sort((left, right) => left - right).slice(Math.floor(TIMES / 2));
  return middleMs / 1_000;
}

async function receive(broker: Broker, queue: string, waitMs: number): Promise<void> {
  await broker.receive(queue, { consumer: 'stress', max: 1, waitMs, leaseMs: defaultLimits.leaseMs });
}
