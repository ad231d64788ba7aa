import type { SchedulingPolicy, TaskView, WorkerView } from '../../../lib/scheduling/contract.js';
import { priority } from '../../../lib/scheduling/priority.js';
import { roundRobin } from '../../../lib/scheduling/round-robin.js';
import { workStealing } from '../../../lib/scheduling/work-stealing.js';

/* Policies with one defect each, for laws to find. Each is what a policy that ships would be if it had that defect. */

/** Remembers where the turn was as a position, whoever has left meanwhile. */
export const turnByPosition: SchedulingPolicy<number> = {
  name: 'turn-by-position',
  initial: -1,
  place(last, tasks, workers) {
    const placed = tasks.map((_, at) => (last + 1 + at) % workers.length);
    return { state: placed.at(-1) ?? last, workers: placed };
  },
};

/** Begins with the first worker in every call. */
export const freshTurns: SchedulingPolicy = {
  name: 'fresh-turns',
  initial: undefined,
  place: (state, tasks, workers) => ({ state, workers: tasks.map((_, at) => at % workers.length) }),
};

/** Knows the worker of the last turn and its position, but not who stood before it. */
export const turnByLast: SchedulingPolicy<{ readonly id: string | undefined; readonly position: number }> = {
  name: 'turn-by-last',
  initial: { id: undefined, position: -1 },
  place(turn, tasks, workers) {
    const found = workers.findIndex((worker) => worker.id === turn.id);
    const from = (found === -1 ? turn.position - 1 : found) + workers.length;
    const placed = tasks.map((_, at) => (from + 1 + at) % workers.length);
    const position = placed.at(-1) ?? turn.position;
    return { state: { id: workers[position]?.id, position }, workers: placed };
  },
};

/** Everything to one worker, and nobody steals. */
export const hoarder: SchedulingPolicy = {
  ...freshTurns,
  name: 'hoarder',
  place: (state, tasks) => ({ state, workers: tasks.map(() => 0) }),
};

/** One answer too few. */
export const forgetful: SchedulingPolicy = {
  ...freshTurns,
  name: 'forgetful',
  place: (state, tasks, workers) => ({
    state,
    workers: tasks.slice(1).map((_, at) => at % workers.length),
  }),
};

function thief(
  name: string,
  takes: (
    stealable: number,
    victim: WorkerView,
    peers: readonly WorkerView[],
    thief: number,
  ) => number | undefined,
): SchedulingPolicy {
  const sound = workStealing();
  return {
    ...freshTurns,
    name,
    place: (state, tasks, workers) => ({
      state,
      workers: sound.place(sound.initial, tasks, workers).workers,
    }),
    steal(state, thief, workers) {
      const victim = workers.findIndex(
        (peer, at) => at !== thief && takes(peer.stealable, peer, workers, thief),
      );
      const count = takes(workers[victim]?.stealable ?? 0, workers[victim] ?? peerless, workers, thief);
      return victim === -1 || count === undefined ? undefined : { state, victim, count };
    },
  };
}

const peerless: WorkerView = { id: '', held: 0, stealable: 0, window: 0, credit: 0 };

/** Leaves a line of one alone. */
export const politeThief = thief('polite-thief', (stealable) => (stealable > 1 ? 1 : undefined));

/** Leaves lines of fewer than 40 alone. */
export const timidThief = thief('timid-thief', (stealable) => (stealable < 40 ? undefined : 1));

/** Sees only the worker that joined just before it. */
export const shortSightedThief = thief('short-sighted-thief', (stealable, peer, peers, at) =>
  stealable > 0 && peers[at - 1] === peer ? 1 : undefined,
);

/** Takes half of what a peer holds, at hand and keyed ones included. */
export const greedyThief = thief('greedy-thief', (stealable, { held }) =>
  stealable > 0 ? Math.ceil((held + 1) / 2) : undefined,
);

/** Steals from itself, from lines that are empty, and from nobody. */
export const blindThief: SchedulingPolicy = {
  ...freshTurns,
  name: 'blind-thief',
  steal: (state, position, workers) =>
    workers.some(({ stealable }) => stealable > 0) ? { state, victim: position, count: 1 } : undefined,
};

function ranked(name: string, rank?: (task: TaskView) => number): SchedulingPolicy {
  const { place, initial } = priority();
  return { name, initial, place, ...(rank === undefined ? {} : { rank }) };
}

/** The smaller priority first. */
export const smallestFirst = ranked('smallest-first', (task) => -task.priority);

/** The common line as it is. */
export const unranked = ranked('unranked');

/** LIFO among equals. */
export const newestFirst = ranked('newest-first', (task) => task.priority + task.enqueuedAtMs / 1_000);

/** Ages the wrong way. */
export const youthFirst = (ageingMs: number) =>
  ranked('youth-first', (task) => task.priority * ageingMs + task.enqueuedAtMs);

/** Takes keys in turn with the rest. */
export const keysInTurn: SchedulingPolicy = { ...roundRobin(), name: 'keys-in-turn' };

/** Finds a key's worker by its number modulo the workers: all move when one leaves. */
export const keysByModulo: SchedulingPolicy = {
  ...freshTurns,
  name: 'keys-by-modulo',
  place: (state, tasks, workers) => ({
    state,
    workers: tasks.map(({ orderingKey }, at) => (Number(orderingKey?.slice(1) ?? at) + 7) % workers.length),
  }),
};
