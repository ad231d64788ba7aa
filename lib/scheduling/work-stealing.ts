import { optionalWhole, optionsOf } from '../core/parse.js';
import { randomInteger, seededRandom } from '../core/random.js';
import { createAffinity } from './affinity.js';
import type { SchedulingPolicy, TaskView, WorkerView } from './contract.js';
import { FIRST_TURN, type Turn, TurnTaker } from './turn.js';

/** How work is stolen. */
export interface WorkStealingOptions {
  /** 0 to 2^32 - 1: among equally long lines the victim is drawn by chance from this seed; left out, the first to join is it. */
  readonly seed?: number;
}

/** Where the turn stands, and the seed of the next draw. */
export interface WorkStealingState {
  /** Whose turn it is to get a task. */
  readonly turn: Turn;
  /** Where the seeded chance stands; undefined without a seed. */
  readonly chance: number | undefined;
}

const SEED_MAX = 2 ** 32 - 1;

/**
 * A line a worker, filled in turn as by `roundRobin`; a worker that has room and nothing in its line takes half
 * (rounded up) of the longest line among its peers, from the tail, and no more than its credit has room for. So no
 * worker is idle while a task waits that it may take, however uneven the tasks.
 *
 * A task with an ordering key is not stolen: it waits for the worker at home with its key, the same one as long as
 * that lives and no worker joins.
 *
 * Source: Blumofe & Leiserson, "Scheduling Multithreaded Computations by Work Stealing", J. ACM 46(5), 1999; half of
 * a line instead of one task: Hendler & Shavit, "Non-Blocking Steal-Half Work Queues", PODC 2002. Theirs draws its
 * victim by chance because no thief can see all lines; the dispatcher sees them, so the longest it is.
 * @throws `InvalidOption` for a seed that is none.
 */
export function workStealing(options: WorkStealingOptions = {}): SchedulingPolicy<WorkStealingState> {
  const { seed } = optionsOf(options, 'the options of workStealing', ['seed']);
  const chance = optionalWhole('seed', seed, 0, SEED_MAX);
  return { name: 'work-stealing', initial: { turn: FIRST_TURN, chance }, place, steal };
}

function place(state: WorkStealingState, tasks: readonly TaskView[], workers: readonly WorkerView[]) {
  const round = new TurnTaker(state.turn, workers);
  let homeOf: ((orderingKey: string) => number) | undefined;
  const placed = tasks.map(({ orderingKey }) => {
    if (orderingKey === undefined) return round.next();
    homeOf ??= createAffinity(workers);
    const home = homeOf(orderingKey);
    round.give(home);
    return home;
  });
  return { state: { ...state, turn: round.turn }, workers: placed };
}

function steal(state: WorkStealingState, thief: number, workers: readonly WorkerView[]) {
  const idle = workers[thief];
  if (idle === undefined || idle.stealable > 0 || idle.held >= idle.window) return undefined;
  const { victims, length } = longestLines(workers);
  const { victim, chance } = draw(victims, state.chance);
  const count = Math.min(Math.ceil(length / 2), idle.credit - idle.held);
  if (victim === undefined || count < 1) return undefined;
  return { state: { ...state, chance }, victim, count };
}

/** The positions of the workers whose lines are longest, none when nothing can be stolen; and how long they are. */
function longestLines(workers: readonly WorkerView[]): {
  readonly victims: readonly number[];
  readonly length: number;
} {
  const length = workers.reduce((longest, worker) => Math.max(longest, worker.stealable), 0);
  if (length === 0) return { victims: [], length };
  const victims = workers.flatMap((worker, position) => (worker.stealable === length ? [position] : []));
  return { victims, length };
}

/** One of them, by the seed if there is one; it moves on with every choice that was one. */
function draw(
  victims: readonly number[],
  chance: number | undefined,
): { readonly victim: number | undefined; readonly chance: number | undefined } {
  if (chance === undefined || victims.length < 2) return { victim: victims[0], chance };
  const random = seededRandom(chance);
  const victim = victims[randomInteger(random, victims.length)];
  return { victim, chance: randomInteger(random, SEED_MAX + 1) };
}
