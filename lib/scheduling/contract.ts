/** A worker as a policy sees it. */
export interface WorkerView {
  /** Its name, the same for all its lives. */
  readonly id: string;
  /** Tasks it has been sent or that wait in its line. */
  readonly held: number;
  /** Of these, the ones in its line that nobody has sent it yet and another may take: unkeyed. */
  readonly stealable: number;
  /** Tasks it should have at hand: about 20 ms of work as measured. */
  readonly window: number;
  /** The most it may ever hold: its prefetch credit. */
  readonly credit: number;
}

/** A task as a policy sees it. */
export interface TaskView {
  /** Who is to run it. */
  readonly agent: string;
  /** 0 to 9, larger first. */
  readonly priority: number;
  /** Its ordering key; such a task is never stolen. */
  readonly orderingKey: string | undefined;
  /** When it was submitted, in milliseconds since 1970. */
  readonly enqueuedAtMs: number;
}

/**
 * Who gets what: `workers[i]` is the position, among the workers given, of the one in whose line task i waits;
 * undefined for the common line, from which whoever has room is served.
 */
export interface Placement<State> {
  /** The policy's state after this. */
  readonly state: State;
  /** A position, or undefined for the common line, a task. */
  readonly workers: readonly (number | undefined)[];
}

/** An idle worker takes `count` tasks from the tail of the line of the worker at position `victim`. */
export interface Theft<State> {
  /** The policy's state after this. */
  readonly state: State;
  /** Whose line is taken from, by position. */
  readonly victim: number;
  /** How many tasks. */
  readonly count: number;
}

/**
 * Decides which worker runs a task: pure functions of what they are given and of the policy's own state, which
 * they hand back for the next call. Workers are given in the order in which they joined, at least one.
 *
 *     tasks ──place──▶ a line a worker, or the common line ──▶ whoever has room, in `rank` order
 *                                 ▲ │
 *                                 └─┴── steal, by a worker that has room and nothing in its line
 */
export interface SchedulingPolicy<State = unknown> {
  /** What messages to people call it. */
  readonly name: string;
  /** The state handed to the first call. */
  readonly initial: State;
  /** In whose line each task waits; as many answers as tasks. */
  place(state: State, tasks: readonly TaskView[], workers: readonly WorkerView[]): Placement<State>;
  /** What the idle worker at position `thief` takes from a peer; undefined for nothing. Left out: no stealing. */
  steal?(state: State, thief: number, workers: readonly WorkerView[]): Theft<State> | undefined;
  /** The larger goes first in the common line, FIFO among equals; asked once a task. Left out: FIFO. */
  rank?(task: TaskView): number;
  /** Handed to the broker: waiting that counts as one step of priority. */
  readonly ageingMs?: number | undefined;
}
