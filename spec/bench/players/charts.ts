import { type AnyStateMachine, assign, type EventObject, setup, stateIn } from 'xstate';
import type { ReplyTo } from '../../../lib/system/asks.js';
import { respond } from '../../../lib/system/respond.js';

/*
 * The charts of the rows about actors, and the events that they are sent in turn, in a circle: after each time round a
 * chart is where it was. Each answers `WHERE`, so that whoever has sent it a thousand events knows when it has seen them.
 */

type Where = { type: 'WHERE'; replyTo: ReplyTo<string> };

/* Flat. */
const door = setup({
  types: { events: {} as { type: 'OPEN' } | { type: 'CLOSE' } | Where },
}).createMachine({
  id: 'door',
  initial: 'closed',
  on: { WHERE: { actions: respond('here') } },
  states: { closed: { on: { OPEN: 'open' } }, open: { on: { CLOSE: 'closed' } } },
});

/* Two levels, a guard, assigned context. */
type OrderEvent =
  | { type: 'ADD'; price: number }
  | { type: 'PAY' }
  | { type: 'SHIP' }
  | { type: 'RESET' }
  | Where;

const order = setup({
  types: { context: {} as { total: number; items: number }, events: {} as OrderEvent },
  guards: { isPayable: ({ context }) => context.total > 0 },
  actions: {
    add: assign({
      total: ({ context, event }) => context.total + (event.type === 'ADD' ? event.price : 0),
      items: ({ context }) => context.items + 1,
    }),
    clear: assign({ total: 0 }),
  },
}).createMachine({
  id: 'order',
  context: { total: 0, items: 0 },
  on: { WHERE: { actions: respond('here') } },
  initial: 'open',
  states: {
    open: {
      initial: 'collecting',
      on: { ADD: { actions: 'add' } },
      states: {
        collecting: { on: { PAY: { guard: 'isPayable', target: 'paid' } } },
        paid: { on: { SHIP: '#order.sent' } },
      },
    },
    sent: { on: { RESET: { target: 'open', actions: 'clear' } } },
  },
});

/* Parallel regions that remember where they were. */
type PlayerEvent = { type: 'NEXT' | 'MUTE' | 'LOUDER' | 'STOP' | 'PLAY' } | Where;

const player = setup({
  types: { context: {} as { volume: number }, events: {} as PlayerEvent },
  guards: { isSecond: stateIn({ on: { track: 'second' } }) },
  actions: { louder: assign({ volume: ({ context }) => context.volume + 1 }) },
}).createMachine({
  id: 'player',
  context: { volume: 0 },
  on: { WHERE: { actions: respond('here') } },
  initial: 'on',
  states: {
    on: {
      type: 'parallel',
      on: { STOP: 'off' },
      states: {
        track: {
          initial: 'first',
          states: { first: { on: { NEXT: 'second' } }, second: { on: { NEXT: 'first' } } },
        },
        sound: {
          initial: 'loud',
          states: {
            loud: { on: { MUTE: 'muted', LOUDER: { actions: 'louder' } } },
            muted: { on: { MUTE: { guard: 'isSecond', target: 'loud' } } },
          },
        },
        last: { type: 'history', history: 'deep' },
      },
    },
    off: { on: { PLAY: 'on.last' } },
  },
});

/** A chart and what to do with it. */
export interface ChartWork {
  readonly chart: AnyStateMachine;
  /** The events of one time round. */
  readonly circle: readonly EventObject[];
  /** Where it is, as JSON, after so many times round. */
  after(times: number): string;
}

const ADD = { type: 'ADD', price: 5 };

export const chartWorks = {
  flat: {
    chart: door,
    circle: [{ type: 'OPEN' }, { type: 'CLOSE' }],
    after: () => JSON.stringify({ value: 'closed', context: {} }),
  },
  nested: {
    chart: order,
    circle: [{ type: 'PAY' }, ADD, ADD, ADD, { type: 'PAY' }, { type: 'SHIP' }, { type: 'RESET' }],
    after: (times) =>
      JSON.stringify({ value: { open: 'collecting' }, context: { total: 0, items: 3 * times } }),
  },
  parallel: {
    chart: player,
    circle: ['NEXT', 'LOUDER', 'MUTE', 'STOP', 'PLAY', 'MUTE', 'NEXT'].map((type) => ({ type })),
    after: (times) =>
      JSON.stringify({ value: { on: { track: 'first', sound: 'loud' } }, context: { volume: times } }),
  },
} satisfies Readonly<Record<string, ChartWork>>;

/** What a side of the rows about charts is told. */
export interface ChartSetting {
  readonly chart: keyof typeof chartWorks;
  /** Times round, a round. */
  readonly times: number;
}
