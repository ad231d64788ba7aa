import type { Coalition } from '../coalition/coalition.js';
import { systemClock, within } from '../core/clock.js';

/** It is seen to have died at once, unless the machine stands still. */
const DEATH_WITHIN_MS = 10_000;

/** Kills the first worker of a coalition, whatever it does. Resolves to how it died; to undefined if nobody saw that. */
export async function killWorker<Module>(coalition: Coalition<Module>): Promise<string | undefined> {
  const [victim] = coalition.workers;
  if (victim === undefined) return undefined;
  let death: string | undefined;
  const died = new Promise<void>((resolve) => {
    coalition.on('worker', (event) => {
      if (event.worker !== victim.id || event.state !== 'crashed') return;
      death = `${victim.id}: ${event.reason}`;
      resolve();
    });
  });
  coalition.inside.pool.kill(victim.id);
  await within(systemClock, DEATH_WITHIN_MS, died);
  return death;
}
