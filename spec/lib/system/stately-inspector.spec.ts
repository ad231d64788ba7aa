import { once } from 'node:events';
import { createInspector, createWebSocketInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { expect } from 'chai';
import { assign, createSystem, type SystemOptions, setup } from 'conclave';
import { holdsWithin } from '../../scenarios/processes.js';
import { startReceiver } from './websocket-receiver.js';

const WITHIN_MS = 5_000;

type DoorEvent = { type: 'OPEN' } | { type: 'CLOSE' } | { type: 'FORCE' };

const doorChart = setup({
  types: { context: {} as { openings: number }, events: {} as DoorEvent },
  actions: {
    break: () => {
      throw new Error('the hinges came off');
    },
  },
}).createMachine({
  id: 'door',
  context: { openings: 0 },
  initial: 'closed',
  on: { FORCE: { actions: 'break' } },
  states: {
    closed: {
      on: { OPEN: { target: 'open', actions: assign({ openings: ({ context }) => context.openings + 1 }) } },
    },
    open: { on: { CLOSE: 'closed' } },
  },
});

/** Opens and closes a door that this inspector watches, has it break, and stops. */
async function useDoor(inspect: SystemOptions['inspect']): Promise<void> {
  const system = createSystem({ intensity: 3, log: () => undefined, ...(inspect && { inspect }) });
  const door = system.spawn(doorChart, { id: 'front-door' });
  door.send({ type: 'OPEN' });
  door.send({ type: 'CLOSE' });
  door.send({ type: 'FORCE' });
  const isBack = new Promise((resolve) => system.on('restart', resolve));
  await isBack;
  await system.stop();
}

/** The inspector hands everything on a turn of the loop later; the last is the end of the system's root. */
function isWhole(messages: readonly StatelyInspectionEvent[]): boolean {
  return messages.some(({ type, ...rest }) => {
    return type === '@xstate.snapshot' && 'snapshot' in rest && isDone(rest.snapshot);
  });
}

function isDone(snapshot: unknown): boolean {
  return (
    typeof snapshot === 'object' && snapshot !== null && 'status' in snapshot && snapshot.status === 'done'
  );
}

/** What the door's messages say, the first incarnation's alone. */
function expectDoor(messages: readonly StatelyInspectionEvent[]): void {
  const actors = messages.flatMap((message) => (message.type === '@xstate.actor' ? [message] : []));
  const doors = actors.filter(({ name }) => name === 'front-door');
  expect(doors.length).to.equal(2); // it broke, and was put back
  const [{ sessionId, parentId, rootId, definition } = expect.fail(), second] = doors;
  expect(second?.sessionId).to.not.equal(sessionId);
  expect([parentId, rootId]).to.deep.equal([actors[0]?.sessionId, actors[0]?.sessionId]);
  expect(JSON.parse(definition ?? '')).to.have.nested.property('states.closed.on.OPEN');
  const own = messages.filter((message) => message.sessionId === sessionId);
  const events = own.flatMap((message) => (message.type === '@xstate.event' ? [message.event.type] : []));
  expect(events).to.include.members(['OPEN', 'CLOSE', 'FORCE']);
  const values = own.flatMap((message) =>
    message.type === '@xstate.snapshot' && 'value' in message.snapshot && 'context' in message.snapshot
      ? [[message.event.type, message.snapshot.value, message.snapshot.context]]
      : [],
  );
  expect(values).to.deep.include.members([
    ['OPEN', 'open', { openings: 1 }],
    ['CLOSE', 'closed', { openings: 1 }],
  ]);
}

describe("Stately's inspector", () => {
  it('is told of actors, events and snapshots in its own protocol', async () => {
    const messages: StatelyInspectionEvent[] = [];
    const { inspect } = createInspector({ send: (message) => messages.push(message) });
    await useDoor(inspect);
    expect(await holdsWithin(WITHIN_MS, () => isWhole(messages))).to.equal(true);
    expectDoor(JSON.parse(JSON.stringify(messages)));
  });

  it('is told of them over its WebSocket', async () => {
    const receiver = await startReceiver();
    const inspector = createWebSocketInspector({ url: receiver.url });
    try {
      await once(receiver.opened, 'open');
      await useDoor(inspector.inspect);
      const messages = () => receiver.messages.map((text) => JSON.parse(text));
      expect(await holdsWithin(WITHIN_MS, () => isWhole(messages()))).to.equal(true);
      expectDoor(messages());
      inspector.stop();
      await receiver.closed;
    } finally {
      inspector.stop();
      await receiver.stop();
    }
  });
});
