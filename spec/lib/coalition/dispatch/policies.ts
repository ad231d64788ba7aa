import type { SchedulingPolicy } from '../../../../lib/scheduling/contract.js';

/** Everything to the first worker; whoever has nothing takes half of the longest line. */
export const unfair: SchedulingPolicy = {
  name: 'unfair',
  initial: undefined,
  place: (state, tasks) => ({ state, workers: tasks.map(() => 0) }),
  steal(state, thief, workers) {
    let victim = -1;
    for (const [at, { stealable }] of workers.entries())
      if (at !== thief && stealable > (workers[victim]?.stealable ?? 0)) victim = at;
    const loot = workers[victim]?.stealable ?? 0;
    return loot === 0 ? undefined : { state, victim, count: Math.ceil(loot / 2) };
  },
};

/** One line for all, the largest priority first. */
export const ranked: SchedulingPolicy = {
  name: 'ranked',
  initial: undefined,
  place: (state, tasks) => ({ state, workers: tasks.map(() => undefined) }),
  rank: ({ priority }) => priority,
};
