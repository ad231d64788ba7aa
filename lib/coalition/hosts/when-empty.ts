import type { Broker } from '../../brokers/contract.js';
import { type Clock, sleep } from '../../core/clock.js';

const LOOK_MS = 20;

/**
 * Resolves when a queue holds nothing, or after `timeoutMs`: what others have published before is then where it
 * belongs. A look every 20 ms, as no broker tells.
 */
export async function whenEmpty(
  broker: Broker,
  queue: string,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const { ready, delayed, heldBack, inFlight } = await broker.depth(queue);
    if (ready + delayed + heldBack + inFlight === 0 || clock.nowMs() >= deadlineMs) return;
    await sleep(clock, LOOK_MS);
  }
}
