import { assign, setup } from 'xstate';

export type ReaderEvent =
  /** Somebody waits for an answer that may come from elsewhere. */
  | { readonly type: 'wanted' }
  /** A read came back, perhaps with nothing; `open` still wait for answers. */
  | { readonly type: 'read'; readonly open: number }
  /** The broker could not be reached. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'stop' };

export interface ReaderInput {
  /** Wait before a broker that failed is asked again, at first; it doubles from failure to failure. */
  readonly retryMs: number;
  /** As long as that, and no longer. */
  readonly retryMsMax: number;
}

export interface ReaderContext extends ReaderInput {
  /** Failures since the last read that came back. */
  readonly failures: number;
}

/**
 * Whoever hears of answers that others have left on the broker: reads page after page as long as anybody waits for one,
 * and rests when nobody does. The shell is told by `read` to fetch the next page,
 * by `callOff` to wait for it no longer, and by `leave` that it reads no more.
 *
 *     idle ──wanted──▶ working (reading) ──read, nobody waits──▶ idle
 *                        └── stop ──▶ draining: the read that is under way ──▶ stopped
 */
export const readerChart = setup({
  types: { context: {} as ReaderContext, events: {} as ReaderEvent, input: {} as ReaderInput },
  actions: {
    read: () => {},
    /** The read that is out need wait no longer. */
    callOff: () => {},
    leave: () => {},
    count: assign({ failures: ({ context }) => context.failures + 1 }),
    recover: assign({ failures: 0 }),
  },
  guards: {
    isOpen: ({ event }) => event.type === 'read' && event.open > 0,
  },
  delays: {
    retry: ({ context }) => Math.min(context.retryMs * 2 ** (context.failures - 1), context.retryMsMax),
  },
}).createMachine({
  id: 'reader',
  context: ({ input }) => ({ ...input, failures: 0 }),
  initial: 'idle',
  states: {
    idle: {
      on: {
        wanted: 'working',
        read: {}, // no read is out
        failed: {}, // no read is out
        stop: 'stopped',
      },
    },
    working: {
      entry: 'read',
      on: {
        wanted: {}, // it reads already
        read: [
          { guard: 'isOpen', target: 'working', reenter: true, actions: 'recover' },
          { target: 'idle', actions: 'recover' },
        ],
        failed: { target: 'waiting', actions: 'count' },
        stop: 'draining',
      },
    },
    /** The broker failed; what waits for an answer goes on waiting. */
    waiting: {
      after: { retry: 'working' },
      on: {
        wanted: {}, // it reads again soon
        read: {}, // no read is out
        failed: {}, // no read is out
        stop: 'stopped',
      },
    },
    /** The read that was out when the order came: it comes back with what it has, or with nothing. */
    draining: {
      entry: 'callOff',
      on: {
        wanted: {}, // nobody is answered any more
        read: 'stopped',
        failed: 'stopped',
        stop: {}, // it drains already
      },
    },
    stopped: { type: 'final', entry: 'leave' },
  },
});
