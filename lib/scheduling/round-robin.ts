import type { SchedulingPolicy } from './contract.js';
import { FIRST_TURN, type Turn, TurnTaker } from './turn.js';

/**
 * Each task to the next worker in turn, in the order in which workers joined; keys and priorities do not count.
 *
 * The law: over any run of tasks in which two workers are both there and neither holds its credit, the numbers of
 * tasks that the two are given differ by at most one, in one call or many, whoever else comes and goes. A worker
 * that holds its credit is passed over, so that one that hangs holds nobody up; when all do, the turn goes on.
 *
 * Strict as it is, it looks at no durations: when every n-th task of n workers is a long one, one worker gets all of
 * them. `workStealing` begins the same way and evens that out.
 */
export function roundRobin(): SchedulingPolicy<Turn> {
  return {
    name: 'round-robin',
    initial: FIRST_TURN,
    place(turn, tasks, workers) {
      const round = new TurnTaker(turn, workers);
      const placed = tasks.map(() => round.next());
      return { state: round.turn, workers: placed };
    },
  };
}
