// An agent that is a statechart: every order is an actor, from its input to the output of its final state, and
// asks the stock, a supervised actor of the same program.
//   node dist/examples/05-statechart-agent.js
import {
  assign,
  createCoalition,
  createSystem,
  defineAgent,
  fromPromise,
  type ReplyTo,
  respond,
  setup,
} from 'conclave';

type StockEvent =
  | { type: 'RESERVE'; count: number; replyTo: ReplyTo<boolean> }
  | { type: 'COUNT'; replyTo: ReplyTo<number> };

const stockChart = setup({
  types: { context: {} as { left: number }, events: {} as StockEvent, input: {} as { left: number } },
  guards: { isEnough: ({ context, event }) => event.type === 'RESERVE' && event.count <= context.left },
  actions: {
    take: assign(({ context, event }) =>
      event.type === 'RESERVE' ? { left: context.left - event.count } : {},
    ),
  },
}).createMachine({
  context: ({ input }) => ({ left: input.left }),
  on: {
    RESERVE: [
      { guard: 'isEnough', actions: ['take', respond(() => true)] },
      { actions: respond(() => false) },
    ],
    COUNT: { actions: respond(({ context }) => context.left) },
  },
});

const system = createSystem();
const stock = system.spawn(stockChart, { id: 'stock', restart: 'permanent', input: { left: 10 } });

interface OrderInput {
  readonly customer: string;
  readonly count: number;
}

const orderChart = setup({
  types: {
    context: {} as OrderInput & { outcome: string },
    input: {} as OrderInput,
    output: {} as string,
  },
  actors: {
    reserve: fromPromise(({ input }: { input: { count: number } }) =>
      stock.ask({ type: 'RESERVE', count: input.count }, { timeoutMs: 1_000 }),
    ),
  },
  delays: { packing: ({ context }) => context.count * 5 },
}).createMachine({
  context: ({ input }) => ({ ...input, outcome: 'open' }),
  initial: 'reserving',
  states: {
    reserving: {
      invoke: {
        src: 'reserve',
        input: ({ context }) => ({ count: context.count }),
        onDone: [{ guard: ({ event }) => event.output, target: 'packing' }, { target: 'refused' }],
      },
    },
    packing: { after: { packing: 'shipped' } },
    shipped: { type: 'final', entry: assign({ outcome: 'shipped' }) },
    refused: { type: 'final', entry: assign({ outcome: 'refused, sold out' }) },
  },
  output: ({ context }) => `${context.count} for ${context.customer}: ${context.outcome}`,
});

// An order that hangs is stopped after 5 s, and tried again.
const order = defineAgent({ name: 'order', logic: orderChart, timeoutMs: 5_000 });

// Inline, so that the agent and the stock are of one program; agents of other isolations ask actors of their own.
const agents = { order };
const coalition = await createCoalition<typeof agents>({ agents, isolation: 'inline', workers: 2 });

const orders = [
  { customer: 'Ada', count: 4 },
  { customer: 'Grace', count: 5 },
  { customer: 'Edsger', count: 3 },
];
for await (const outcome of coalition.map('order', orders)) console.log(outcome);
console.log(`${await stock.ask({ type: 'COUNT' }, { timeoutMs: 1_000 })} left in stock`);

const { completed } = await coalition.shutdown();
await system.stop();
console.log(`${completed} orders completed`);
