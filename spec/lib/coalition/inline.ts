import { expect } from 'chai';
import type { Coalition } from '../../../lib/coalition/coalition.js';
import { createCoalition } from '../../../lib/coalition/create-coalition.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import type { ShutdownReport } from '../../../lib/coalition/drain.js';
import type { CoalitionOptions } from '../../../lib/coalition/options.js';
import { countingIds } from '../../../lib/core/ids.js';
import { seededRandom } from '../../../lib/core/random.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
/* What createCoalition loads at its first call, loaded before: a manual clock does not wait for files to be read. */
import '../../../lib/coalition/start-coalition.js';

const STEP_MS = 5;
const STEPS_MAX = 20_000;

/** Moves time on until the promise has settled. */
export async function drive<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const end = () => {
    isSettled = true;
  };
  promise.then(end, end);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await clock.settle();
    if (isSettled) return promise;
    await clock.advance(STEP_MS);
  }
  throw new Error(`not settled after ${STEP_MS * STEPS_MAX} ms of the spec's clock`);
}

/** A coalition that runs inline on a manual clock, and what it said went wrong. */
export interface Bench {
  readonly clock: ManualClock;
  readonly coalition: Coalition;
  readonly faults: unknown[];
  run<T>(promise: Promise<T>): Promise<T>;
  /** Shuts down, and sees that no timer is left. */
  end(options?: Parameters<Coalition['shutdown']>[0]): Promise<ShutdownReport>;
}

export async function bench(
  agents: CoalitionOptions['agents'],
  options: Partial<CoalitionOptions> & { readonly clock?: ManualClock } = {},
): Promise<Bench> {
  const clock = options.clock ?? new ManualClock();
  const deterministic = { random: seededRandom(1), ids: countingIds() };
  const made = createCoalition({ name: 'spec', agents, workers: 2, ...deterministic, ...options, clock });
  const coalition = await drive(clock, made);
  const faults: unknown[] = [];
  coalition.on('fault', ({ error }) => faults.push(error));
  const run = <T>(promise: Promise<T>) => drive(clock, promise);
  const end = async (ending?: Parameters<Coalition['shutdown']>[0]) => {
    const report = await run(coalition.shutdown(ending));
    expect(clock.pending, 'timers left').to.equal(0);
    return report;
  };
  return { clock, coalition, faults, run, end };
}

export const square = defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n });
