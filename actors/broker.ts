import { and, assign, not, setup } from 'xstate';

/** Every event that changes what the pool can hold carries its demand anew, so that none is counted twice. */
interface Demand {
  /** How many more deliveries the pool has room for. */
  readonly demand: number;
}
export type BrokerEvent =
  | ({ readonly type: 'demand' } & Demand)
  /** A receive came back, perhaps with nothing. */
  | ({ readonly type: 'received'; readonly count: number } & Demand)
  /** Deliveries were acked, refused or lost to another: they are no longer ours. */
  | ({ readonly type: 'settled'; readonly count: number } & Demand)
  /** The broker could not be reached. */
  | { readonly type: 'failed'; readonly reason: string }
  | { readonly type: 'drain' }
  | { readonly type: 'stop' };

export interface BrokerInput {
  /** Wait before a broker that failed is asked again. */
  readonly retryMs: number;
}

export interface BrokerContext extends BrokerInput {
  readonly demand: number;
  readonly inFlight: number;
  /** A receive is under way; there is never a second one. */
  readonly receiving: boolean;
}

const onDemand = { actions: 'wish' } as const;
const onReceived = { actions: ['wish', 'deliver'] } as const;
const onSettled = { actions: ['wish', 'settle'] } as const;
const whileOpen = {
  demand: onDemand,
  received: onReceived,
  settled: onSettled,
  failed: 'waiting',
  drain: 'draining',
  stop: 'stopped',
} as const;

/**
 * The pool's side of a broker: turns the pool's demand into receives, one at a time, and knows what is in
 * flight. The shell is told by `receive` to fetch up to `max` deliveries, by `callOff` to wait for none any more, and
 * by `leave` that nothing is held.
 */
export const brokerChart = setup({
  types: { context: {} as BrokerContext, events: {} as BrokerEvent, input: {} as BrokerInput },
  actions: {
    receive: (_, _params: { readonly max: number }) => {},
    /** The receive that is out need wait no longer. */
    callOff: () => {},
    leave: () => {},
    wish: assign({ demand: ({ context, event }) => ('demand' in event ? event.demand : context.demand) }),
    mark: assign({ receiving: true }),
    unmark: assign({ receiving: false }),
    deliver: assign({
      receiving: false,
      inFlight: ({ context, event }) => context.inFlight + (event.type === 'received' ? event.count : 0),
    }),
    settle: assign({
      inFlight: ({ context, event }) => context.inFlight - (event.type === 'settled' ? event.count : 0),
    }),
  },
  guards: {
    isWanted: ({ context }) => context.demand > 0 && !context.receiving,
    isHolding: ({ context }) => context.inFlight > 0,
    isReceiving: ({ context }) => context.receiving,
  },
  delays: { retry: ({ context }) => context.retryMs },
}).createMachine({
  id: 'broker',
  context: ({ input }) => ({ ...input, demand: 0, inFlight: 0, receiving: false }),
  initial: 'idle',
  states: {
    idle: {
      always: [{ guard: 'isHolding', target: 'working' }, fetchWhen()],
      on: whileOpen,
    },
    working: {
      always: [{ guard: not('isHolding'), target: 'idle' }, fetchWhen()],
      on: whileOpen,
    },
    /** The broker failed; what is in flight may still settle. */
    waiting: {
      after: { retry: { target: 'idle', actions: 'unmark' } },
      on: {
        demand: onDemand,
        received: onReceived,
        settled: onSettled,
        failed: {}, // it waits already
        drain: { target: 'draining', actions: 'unmark' },
        stop: 'stopped',
      },
    },
    draining: {
      entry: 'callOff',
      always: { guard: and([not('isHolding'), not('isReceiving')]), target: 'stopped' },
      on: {
        demand: onDemand,
        received: onReceived,
        settled: onSettled,
        failed: { actions: 'unmark' },
        drain: {}, // it drains already
        stop: 'stopped',
      },
    },
    stopped: { type: 'final', entry: ['callOff', 'leave'] },
  },
});

function fetchWhen() {
  return {
    guard: 'isWanted',
    actions: [
      'mark',
      {
        type: 'receive',
        params: ({ context }: { readonly context: BrokerContext }) => ({ max: context.demand }),
      },
    ],
  } as const;
}
