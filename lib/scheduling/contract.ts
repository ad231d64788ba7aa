/** A worker as a policy sees it. */
export interface WorkerView {
  readonly id: string;
  /** Tasks it has or is about to get. */
  readonly held: number;
  /** Tasks it may hold before it is full. */
  readonly window: number;
}

/** A task as a policy sees it. */
export interface TaskView {
  readonly agent: string;
  readonly priority: number;
  readonly orderingKey: string | undefined;
}

/** Who gets what: `workers[i]` is the position, among the workers given, of the one that gets task i. */
export interface Placement<State> {
  readonly state: State;
  readonly workers: readonly number[];
}

/**
 * Decides which worker gets a task: a pure function of what it is given and of its own state, which it hands
 * back for the next call. `place` is called with at least one worker, in the order in which they joined.
 */
export interface SchedulingPolicy<State = unknown> {
  readonly name: string;
  readonly initial: State;
  place(state: State, tasks: readonly TaskView[], workers: readonly WorkerView[]): Placement<State>;
}
