import fc from 'fast-check';

/** A task of the model; its place among the tasks of a script is its acceptance order. */
export interface ModelTask {
  readonly arrivesAtMs: number;
  readonly durationMs: number;
  readonly priority: number;
  readonly orderingKey: string | undefined;
}

/** What happens to a pool, all of it on virtual time. */
export interface PoolScript {
  readonly tasks: readonly ModelTask[];
  /** Workers at the start. */
  readonly workers: number;
  readonly joinsAtMs: readonly number[];
  /** The worker at that position, modulo those that live, dies; replaced ones come back at once under the old id, as a pool does it. */
  readonly deaths: readonly {
    readonly atMs: number;
    readonly position: number;
    readonly isReplaced: boolean;
  }[];
  /** Tasks a worker has at hand. */
  readonly window: number;
  readonly credit: number;
  /** How long what was stolen is under way to the thief. */
  readonly stealMs: number;
  /** A defect of the pool itself: stolen tasks stay with the victim until they arrive, or go down with a thief. */
  readonly fault?: 'keeps-stolen' | 'forgets-stolen';
}

const ms = (max: number) => fc.integer({ min: 0, max });

/** Few tasks and short ones, so that whatever can meet does. */
const task: fc.Arbitrary<ModelTask> = fc.record({
  arrivesAtMs: ms(40),
  durationMs: fc.integer({ min: 1, max: 30 }),
  priority: fc.integer({ min: 0, max: 9 }),
  orderingKey: fc.option(fc.constantFrom('k0', 'k1', 'k2', 'k3'), { nil: undefined, freq: 2 }),
});

const tasks = fc
  .array(task, { maxLength: 40, size: 'max' })
  .map((list) => list.toSorted((left, right) => left.arrivesAtMs - right.arrivesAtMs));

const death = fc.record({ atMs: ms(60), position: fc.nat(9), isReplaced: fc.boolean() });

/** Pools in which workers come, go and come back while tasks arrive and are stolen. */
export const anyScript: fc.Arbitrary<PoolScript> = fc
  .record({
    tasks,
    workers: fc.integer({ min: 1, max: 6 }),
    joinsAtMs: fc.array(ms(60), { maxLength: 3, size: 'max' }),
    deaths: fc.array(death, { maxLength: 6, size: 'max' }),
    window: fc.integer({ min: 1, max: 4 }),
    room: ms(60),
    stealMs: ms(20),
  })
  .map(({ room, ...script }) => ({ ...script, credit: script.window + room }));

/** Everything there from the start, nothing keyed, one task at hand, thefts at once. */
export const batchScript: fc.Arbitrary<PoolScript> = anyScript.map((script) => ({
  ...script,
  tasks: script.tasks.map((one) => ({ ...one, arrivesAtMs: 0, orderingKey: undefined })),
  joinsAtMs: [],
  deaths: [],
  window: 1,
  stealMs: 0,
}));

/** How far a thief may be from the ideal: what the last tasks, at hand and running, may cost. */
const EXCESS = 0.15;

/**
 * A burst in which every n-th of the tasks for n workers is a long one, so that strict turns give them all to one;
 * enough of them that the last ones, at hand behind each other, cost no more than 0.15 of the whole.
 */
export const burstScript: fc.Arbitrary<PoolScript> = fc
  .record({
    workers: fc.integer({ min: 2, max: 6 }),
    window: fc.integer({ min: 1, max: 2 }),
    longMs: fc.integer({ min: 20, max: 60 }),
    shortMs: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ workers, window, longMs, shortMs }) => {
    const count = workers * Math.ceil((window * workers) / EXCESS);
    const burst = Array.from({ length: count }, (_, at) => ({
      arrivesAtMs: 0,
      durationMs: at % workers === 0 ? longMs : shortMs,
      priority: 4,
      orderingKey: undefined,
    }));
    return { tasks: burst, workers, joinsAtMs: [], deaths: [], window, credit: count, stealMs: 0 };
  });
