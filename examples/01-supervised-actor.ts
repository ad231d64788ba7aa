// A door that anyone can ask, that breaks when it is forced, and that its supervisor puts back.
//   node dist/examples/01-supervised-actor.js
import { assign, createSystem, type ReplyTo, respond, setup } from 'conclave';

type DoorEvent =
  | { type: 'OPEN' }
  | { type: 'CLOSE' }
  | { type: 'FORCE' }
  | { type: 'STATUS'; replyTo: ReplyTo<{ openings: number }> };

const doorChart = setup({
  types: { context: {} as { openings: number }, events: {} as DoorEvent, input: {} as { openings: number } },
  actions: {
    break: () => {
      throw new Error('the hinges came off');
    },
  },
}).createMachine({
  context: ({ input }) => ({ openings: input.openings }),
  initial: 'closed',
  on: {
    STATUS: { actions: respond(({ context }) => ({ openings: context.openings })) },
    FORCE: { actions: 'break' },
  },
  states: {
    closed: {
      on: { OPEN: { target: 'open', actions: assign({ openings: ({ context }) => context.openings + 1 }) } },
    },
    open: { on: { CLOSE: 'closed' } },
  },
});

const system = createSystem({ intensity: 3, periodMs: 5_000, log: () => undefined });
system.on('restart', ({ id, attempt }) => console.log(`${id} is put back, time ${attempt}`));
system.on('deadLetter', ({ event, reason }) => console.log(`dead letter: ${event.type}, ${reason}`));

const door = system.spawn(doorChart, { id: 'door', input: { openings: 0 } });
for (const type of ['OPEN', 'CLOSE', 'OPEN'] as const) door.send({ type });
const before = await door.ask({ type: 'STATUS' }, { timeoutMs: 1_000 });
console.log(`opened ${before.openings} times`);

door.send({ type: 'FORCE' });
door.send({ type: 'OPEN' }); // Waits in the mailbox while the door is put back.
const after = await door.ask({ type: 'STATUS' }, { timeoutMs: 1_000 });
console.log(`a new door, opened ${after.openings} time`);

await system.stop();
console.log(`stopped; the door takes no more: ${door.send({ type: 'CLOSE' })}`);
