import { assign, setup } from 'xstate';

export type CoordinatorEvent =
  /** This coordinator leads: whatever it has others do carries the epoch. */
  | { readonly type: 'elected'; readonly epoch: number }
  /** Leadership is lost: nothing new is started. */
  | { readonly type: 'deposed' }
  | { readonly type: 'submitted'; readonly count: number }
  | { readonly type: 'settled'; readonly count: number }
  /** Run `loops` loops of stages; `stages[s]` tasks are dispatched in stage s. */
  | { readonly type: 'query'; readonly loops: number; readonly stages: readonly number[] }
  /** Results of the running stage are in the shared state, or its tasks are dead letters. */
  | { readonly type: 'answered'; readonly count: number }
  /** Nobody waits for the query any more: no further stage is dispatched. */
  | { readonly type: 'cancel' }
  | { readonly type: 'drain' }
  | { readonly type: 'stop' };

export interface Query {
  readonly loops: number;
  readonly stages: readonly number[];
  /** From 1. */
  readonly loop: number;
  /** From 0. */
  readonly stage: number;
  /** Tasks of this stage still without an answer. */
  readonly missing: number;
}

export interface CoordinatorContext {
  readonly epoch: number;
  readonly outstanding: number;
  readonly query: Query | undefined;
}

/**
 * The coalition's head: counts what it owes its callers, and walks a query loop by loop, stage by stage. The
 * shell is told by `dispatchStage` to publish one task for each agent of that stage, by `finishQuery` that all
 * loops are done, and by `leave` that nothing is owed any more.
 */
export const coordinatorChart = setup({
  types: { context: {} as CoordinatorContext, events: {} as CoordinatorEvent },
  actions: {
    dispatchStage: (_, _params: { readonly loop: number; readonly stage: number }) => {},
    finishQuery: () => {},
    leave: () => {},
    elect: assign({
      epoch: ({ context, event }) => (event.type === 'elected' ? event.epoch : context.epoch),
    }),
    depose: assign({ epoch: 0 }),
    owe: assign({
      outstanding: ({ context, event }) =>
        context.outstanding + (event.type === 'submitted' ? event.count : 0),
    }),
    settle: assign({
      outstanding: ({ context, event }) => context.outstanding - (event.type === 'settled' ? event.count : 0),
    }),
    begin: assign({
      query: ({ event }) =>
        event.type === 'query'
          ? { loops: event.loops, stages: event.stages, loop: 1, stage: 0, missing: event.stages[0] ?? 0 }
          : undefined,
    }),
    answer: assign({
      query: ({ context, event }) =>
        context.query && event.type === 'answered'
          ? { ...context.query, missing: context.query.missing - event.count }
          : context.query,
    }),
    advance: assign({ query: ({ context }) => context.query && next(context.query) }),
    forget: assign({ query: undefined }),
  },
  guards: {
    isQuiet: ({ context }) => context.outstanding === 0 && context.query === undefined,
    isBusy: ({ context }) => context.outstanding > 0 || context.query !== undefined,
    isStageDone: ({ context }) => context.query !== undefined && context.query.missing <= 0,
    isQueryDone: ({ context }) =>
      context.query !== undefined && context.query.missing <= 0 && isLastStage(context.query),
  },
}).createMachine({
  id: 'coordinator',
  context: { epoch: 0, outstanding: 0, query: undefined },
  initial: 'idle',
  on: {
    elected: { actions: 'elect' },
    deposed: { actions: 'depose' },
  },
  states: {
    idle: {
      always: { guard: 'isBusy', target: 'working' },
      on: {
        submitted: { actions: 'owe' },
        settled: {}, // nothing is owed: a second answer to a task that was given out twice
        query: { actions: ['begin', { type: 'dispatchStage', params: whereabouts }] },
        answered: {}, // no query runs
        cancel: {}, // no query runs
        drain: 'stopped',
        stop: 'stopped',
      },
    },
    working: {
      always: [
        { guard: 'isQueryDone', actions: ['forget', 'finishQuery'] },
        { guard: 'isStageDone', actions: ['advance', { type: 'dispatchStage', params: whereabouts }] },
        { guard: 'isQuiet', target: 'idle' },
      ],
      on: {
        submitted: { actions: 'owe' },
        settled: { actions: 'settle' },
        query: [
          {
            guard: ({ context }) => context.query === undefined,
            actions: ['begin', { type: 'dispatchStage', params: whereabouts }],
          },
          {}, // one query at a time: the shell sends the next when this one is finished
        ],
        answered: { actions: 'answer' },
        cancel: { actions: 'forget' },
        drain: 'draining',
        stop: 'stopped',
      },
    },
    draining: {
      always: [
        { guard: 'isQueryDone', actions: ['forget', 'finishQuery'] },
        { guard: 'isStageDone', actions: ['advance', { type: 'dispatchStage', params: whereabouts }] },
        { guard: 'isQuiet', target: 'stopped' },
      ],
      on: {
        submitted: { actions: 'owe' }, // accepted just before the drain began
        settled: { actions: 'settle' },
        query: {}, // refused by the shell with ShuttingDown
        answered: { actions: 'answer' },
        cancel: { actions: 'forget' },
        drain: {}, // it drains already
        stop: 'stopped',
      },
    },
    stopped: { type: 'final', entry: 'leave' },
  },
});

function whereabouts({ context }: { readonly context: CoordinatorContext }) {
  return { loop: context.query?.loop ?? 0, stage: context.query?.stage ?? 0 };
}

function isLastStage(query: Query): boolean {
  return query.loop >= query.loops && query.stage >= query.stages.length - 1;
}

function next(query: Query): Query {
  const isLoopDone = query.stage >= query.stages.length - 1;
  const stage = isLoopDone ? 0 : query.stage + 1;
  return { ...query, loop: query.loop + (isLoopDone ? 1 : 0), stage, missing: query.stages[stage] ?? 0 };
}
