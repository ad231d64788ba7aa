import { assign, setup } from 'xstate';

export type ConsumerEvent =
  /** A receive came back; `stop` if the order to stop was among the messages. */
  | { readonly type: 'received'; readonly count: number; readonly stop: boolean }
  /** The batch is where it belongs; `duplicates` of it were there already. */
  | { readonly type: 'written'; readonly count: number; readonly duplicates: number }
  /** The queue or the target could not be reached; the batch was given back. */
  | { readonly type: 'failed'; readonly reason: string }
  /** A newer epoch leads: this writer's time is over. */
  | { readonly type: 'fenced'; readonly reason: string }
  | { readonly type: 'stop' };

export interface ConsumerInput {
  readonly queue: string;
  /** Wait before trying again after a failure. */
  readonly retryMs: number;
}

export interface ConsumerContext extends ConsumerInput {
  readonly taken: number;
  readonly written: number;
  readonly duplicates: number;
}

const whileDrainWrites = {
  received: {}, // no receive is out
  written: { target: 'receiving', actions: 'record' },
  failed: 'retrying',
} as const;

/**
 * A writer at the end of a queue: receives a batch, writes it, acknowledges it, in that order and one batch at
 * a time, so that publish order is write order. `stop` ends it only once the queue is drained. The aggregator
 * and the storage are two of these; they differ in what `write` does.
 *
 *     idle (receiving) ──received──▶ working (writing) ──written──▶ idle
 *       └── stop ──▶ draining: receives and writes until a receive comes back empty ──▶ stopped
 */
export function consumerChart(id: string) {
  return setup({
    types: { context: {} as ConsumerContext, events: {} as ConsumerEvent, input: {} as ConsumerInput },
    actions: {
      /** Fetches the next batch; while draining an empty queue answers at once. */
      receive: (_, _params: { readonly draining: boolean }) => {},
      /** The receive that is out need wait no longer. */
      callOff: () => {},
      /** Writes the batch received last, then acknowledges it. */
      write: () => {},
      leave: () => {},
      take: assign({
        taken: ({ context, event }) => context.taken + (event.type === 'received' ? event.count : 0),
      }),
      record: assign(({ context, event }) =>
        event.type === 'written'
          ? {
              written: context.written + event.count - event.duplicates,
              duplicates: context.duplicates + event.duplicates,
            }
          : {},
      ),
    },
    guards: {
      isEmpty: ({ event }) => event.type === 'received' && event.count === 0,
      isStop: ({ event }) => event.type === 'received' && event.stop,
    },
    delays: { retry: ({ context }) => context.retryMs },
  }).createMachine({
    id,
    context: ({ input }) => ({ ...input, taken: 0, written: 0, duplicates: 0 }),
    initial: 'idle',
    states: {
      idle: {
        entry: { type: 'receive', params: { draining: false } },
        on: {
          received: [
            { guard: 'isStop', target: 'draining.writing', actions: 'take' },
            { guard: 'isEmpty', target: 'idle', reenter: true },
            { target: 'working', actions: 'take' },
          ],
          written: {}, // no batch is out
          failed: 'waiting',
          fenced: 'stopped',
          stop: 'draining.waiting',
        },
      },
      working: {
        entry: 'write',
        on: {
          received: {}, // no receive is out
          written: { target: 'idle', actions: 'record' },
          failed: 'waiting',
          fenced: 'stopped',
          stop: 'draining.finishing',
        },
      },
      /** Something failed; the same messages come back when their lease or delay is over. */
      waiting: {
        after: { retry: 'idle' },
        on: {
          received: {}, // no receive is out
          written: {}, // no batch is out
          failed: {}, // it waits already
          fenced: 'stopped',
          stop: 'draining',
        },
      },
      draining: {
        initial: 'receiving',
        on: {
          stop: {}, // it drains already
          fenced: 'stopped',
        },
        states: {
          receiving: {
            entry: { type: 'receive', params: { draining: true } },
            on: {
              received: [
                { guard: 'isEmpty', target: '#stopped' },
                { target: 'writing', actions: 'take' },
              ],
              written: {}, // no batch is out
              failed: 'retrying',
            },
          },
          /** The receive that was out when the order came: it comes back with what it has, or with nothing. */
          waiting: {
            entry: 'callOff',
            on: {
              received: [
                { guard: 'isEmpty', target: 'receiving' },
                { target: 'writing', actions: 'take' },
              ],
              written: {}, // no batch is out
              failed: 'retrying',
            },
          },
          writing: {
            entry: 'write',
            on: whileDrainWrites,
          },
          /** The batch that was out when the order came. */
          finishing: {
            on: whileDrainWrites,
          },
          retrying: {
            after: { retry: 'receiving' },
            on: { received: {}, written: {}, failed: {} }, // nothing is out
          },
        },
      },
      stopped: { id: 'stopped', type: 'final', entry: 'leave' },
    },
  });
}
