import { assign, setup } from 'xstate';

/** Tasks of this agent were handed to it by its worker. */
type Begin = { readonly type: 'begin'; readonly count: number };
/** Tasks ended: `failed` of `count` by an error. */
type End = { readonly type: 'end'; readonly count: number; readonly failed: number };
/** Tasks were given back before they had begun. */
type Returned = { readonly type: 'returned'; readonly count: number };
export type AgentEvent = Begin | End | Returned | { readonly type: 'drain' } | { readonly type: 'stop' };

export interface AgentInput {
  readonly name: string;
}

interface AgentChartContext extends AgentInput {
  /** Tasks handed to it and not ended. */
  readonly running: number;
  readonly attempts: number;
  readonly failures: number;
}

/** One agent inside one worker: what it works on, what it has tried, and whether it still takes work. */
export const agentChart = setup({
  types: { context: {} as AgentChartContext, events: {} as AgentEvent, input: {} as AgentInput },
  actions: {
    begin: assign(({ context, event }) =>
      event.type === 'begin'
        ? { running: context.running + event.count, attempts: context.attempts + event.count }
        : {},
    ),
    end: assign(({ context, event }) =>
      event.type === 'end'
        ? { running: context.running - event.count, failures: context.failures + event.failed }
        : {},
    ),
    /** What was not begun was no attempt. */
    giveBack: assign(({ context, event }) =>
      event.type === 'returned'
        ? { running: context.running - event.count, attempts: context.attempts - event.count }
        : {},
    ),
  },
  guards: {
    isLast: ({ context, event }) =>
      (event.type === 'end' || event.type === 'returned') && event.count >= context.running,
  },
}).createMachine({
  id: 'agent',
  context: ({ input }) => ({ ...input, running: 0, attempts: 0, failures: 0 }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        begin: { target: 'working', actions: 'begin' },
        end: {}, // nothing runs: an end that crossed an abort
        returned: {}, // nothing waits: likewise
        drain: 'stopped',
        stop: 'stopped',
      },
    },
    working: {
      on: {
        begin: { actions: 'begin' },
        end: [{ guard: 'isLast', target: 'idle', actions: 'end' }, { actions: 'end' }],
        returned: [{ guard: 'isLast', target: 'idle', actions: 'giveBack' }, { actions: 'giveBack' }],
        drain: 'draining',
        stop: 'stopped',
      },
    },
    draining: {
      on: {
        begin: {}, // it crossed the drain: the worker leaves it unsettled, so it runs elsewhere
        end: [{ guard: 'isLast', target: 'stopped', actions: 'end' }, { actions: 'end' }],
        returned: [{ guard: 'isLast', target: 'stopped', actions: 'giveBack' }, { actions: 'giveBack' }],
        drain: {}, // it drains already
        stop: 'stopped',
      },
    },
    stopped: { type: 'final' },
  },
});
