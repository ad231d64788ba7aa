import { percentile } from '../percentile.js';

/** What a side of the rows about a lone task is told. */
export interface LoneSetting {
  /** Which percentile is the figure: 50, 99. */
  readonly percentile: number;
}

const TASKS = 1_000;
const US_PER_MS = 1_000;

/** Gives one task at a time, each when the one before it is answered; the percentile of their microseconds. */
export async function lonePlay(setting: LoneSetting, task: (n: number) => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let n = 1; n <= TASKS; n += 1) {
    const beganMs = performance.now();
    await task(n);
    took.push((performance.now() - beganMs) * US_PER_MS);
  }
  return percentile(took, setting.percentile);
}
