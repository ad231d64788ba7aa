import { assign, setup } from 'xstate';

/** Tasks arrived in this worker's queue. */
type Batch = { readonly type: 'batch'; readonly count: number };
/** Tasks ended, well or not. */
type Settled = { readonly type: 'settled'; readonly count: number };
/** Tasks were recalled before they had begun; none, where the recall came too late. */
type Returned = { readonly type: 'returned'; readonly count: number };
export type WorkerEvent = Batch | Settled | Returned | { readonly type: 'drain' } | { readonly type: 'stop' };

export interface WorkerInput {
  readonly id: string;
  /** Tasks it may hold unsettled. */
  readonly credit: number;
}

export interface WorkerContext extends WorkerInput {
  readonly inFlight: number;
}

/**
 * One worker: takes batches up to its credit, reports what it settled and grants that credit again.
 * The shell runs the tasks; it is told by `report` to send what has ended, by `giveBack` to send what was recalled, by
 * `abort` to give up what runs, and by `leave` that the worker is over.
 */
export const workerChart = setup({
  types: { context: {} as WorkerContext, events: {} as WorkerEvent, input: {} as WorkerInput },
  actions: {
    /** Sends what has settled, and how many more tasks the worker takes. */
    report: (_, _params: { readonly credit: number }) => {},
    /** Answers a recall, with how many more tasks the worker takes. */
    giveBack: (_, _params: { readonly credit: number }) => {},
    /** Aborts the tasks that run; they come back and run elsewhere. */
    abort: () => {},
    leave: () => {},
    take: assign({
      inFlight: ({ context, event }) => context.inFlight + (event.type === 'batch' ? event.count : 0),
    }),
    settle: assign({
      inFlight: ({ context, event }) =>
        context.inFlight - (event.type === 'settled' || event.type === 'returned' ? event.count : 0),
    }),
  },
  guards: {
    isLast: ({ context, event }) =>
      (event.type === 'settled' || event.type === 'returned') && event.count >= context.inFlight,
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({ ...input, inFlight: 0 }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        batch: { target: 'working', actions: 'take' },
        settled: {}, // nothing is in flight: a report that crossed an abort
        returned: { actions: { type: 'giveBack', params: creditOf } }, // too late; it is answered all the same
        drain: 'stopped',
        stop: 'stopped',
      },
    },
    working: {
      on: {
        batch: { actions: 'take' },
        settled: [
          { guard: 'isLast', target: 'idle', actions: ['settle', { type: 'report', params: creditOf }] },
          { actions: ['settle', { type: 'report', params: creditOf }] },
        ],
        returned: [
          { guard: 'isLast', target: 'idle', actions: ['settle', { type: 'giveBack', params: creditOf }] },
          { actions: ['settle', { type: 'giveBack', params: creditOf }] },
        ],
        drain: 'draining',
        stop: { target: 'stopped', actions: 'abort' },
      },
    },
    draining: {
      on: {
        batch: {}, // it crossed the drain: unsettled when the worker leaves, so it runs elsewhere
        settled: [
          {
            guard: 'isLast',
            target: 'stopped',
            actions: ['settle', { type: 'report', params: { credit: 0 } }],
          },
          { actions: ['settle', { type: 'report', params: { credit: 0 } }] },
        ],
        returned: [
          {
            guard: 'isLast',
            target: 'stopped',
            actions: ['settle', { type: 'giveBack', params: { credit: 0 } }],
          },
          { actions: ['settle', { type: 'giveBack', params: { credit: 0 } }] },
        ],
        drain: {}, // it drains already
        stop: { target: 'stopped', actions: 'abort' },
      },
    },
    stopped: { type: 'final', entry: 'leave' },
  },
});

function creditOf({ context }: { readonly context: WorkerContext }): { readonly credit: number } {
  return { credit: context.credit - context.inFlight };
}
