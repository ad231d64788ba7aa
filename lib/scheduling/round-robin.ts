import type { SchedulingPolicy, WorkerView } from './contract.js';

/** The worker that got the last task, and where it stood, in case it has left since. */
interface Turn {
  readonly id: string | undefined;
  readonly position: number;
}

/**
 * Each task to the next worker in turn, so that no two workers differ by more than one task. A worker that is
 * full is passed over until it has room again: one that hangs holds nobody up. When all are full the turn goes on.
 */
export const roundRobin: SchedulingPolicy<Turn> = {
  name: 'round-robin',
  initial: { id: undefined, position: -1 },
  place(turn, tasks, workers) {
    const held = workers.map((worker) => worker.held);
    let position = resume(turn, workers);
    const placed = tasks.map(() => {
      position = nextWithRoom(position, workers, held);
      held[position] = (held[position] ?? 0) + 1;
      return position;
    });
    return { state: { id: workers[position]?.id, position }, workers: placed };
  },
};

/** Where the last turn was, as a position among today's workers. */
function resume(turn: Turn, workers: readonly WorkerView[]): number {
  if (turn.id === undefined) return -1;
  const position = workers.findIndex((worker) => worker.id === turn.id);
  return position === -1 ? turn.position - 1 : position;
}

function nextWithRoom(position: number, workers: readonly WorkerView[], held: readonly number[]): number {
  for (let step = 1; step <= workers.length; step += 1) {
    const candidate = (position + step + workers.length) % workers.length;
    if ((held[candidate] ?? 0) < (workers[candidate]?.window ?? 0)) return candidate;
  }
  return (position + 1 + workers.length) % workers.length;
}
