import { expect } from 'chai';
import fc from 'fast-check';
import { type AnyEventObject, assign, sendTo, setup } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

/** What a JavaScript program can hand over, seen by no compiler. */
type Untyped = AnyEventObject['untyped'];

const revoked = Proxy.revocable({}, {});
revoked.revoke();
const notEvents: readonly Untyped[] = [
  null,
  undefined,
  'ADD',
  5,
  true,
  Symbol('ADD'),
  () => undefined,
  {},
  [],
  { type: 5 },
  { type: null },
  Object.create(null),
  revoked.proxy,
  {
    get type() {
      throw new Error('planted');
    },
  },
];

const counter = setup({ types: { context: {} as { count: number } } }).createMachine({
  context: { count: 0 },
  on: { ADD: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
});

function world() {
  const clock = new ManualClock();
  const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
  const types: string[] = [];
  system.on('deadLetter', ({ event, reason }) => types.push(`${event.type} ${reason}`));
  return { clock, system, types };
}

describe('what is sent and is no event', () => {
  it('is a dead letter at the door, whatever it is and whichever the door, and hurts nobody', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ which: fc.nat(notEvents.length - 1), byId: fc.boolean() }), { maxLength: 20 }),
        async (picks) => {
          const sends = picks.map(({ which, byId }) => ({ sent: notEvents[which], byId }));
          const { clock, system, types } = world();
          const ref = system.spawn(counter, { id: 'counter' });
          for (const { sent, byId } of sends) {
            expect(byId ? system.send('counter', sent) : ref.send(sent)).to.equal(false);
            ref.send({ type: 'ADD' });
          }
          await clock.settle();
          expect(ref.getSnapshot().context.count).to.equal(sends.length);
          expect(types).to.deep.equal(sends.map(() => 'conclave.malformed malformed'));
          const kept = system.deadLetters().map(({ event }) => ('value' in event ? event.value : 'no value'));
          for (const [index, { sent }] of sends.entries())
            expect(kept[index] === sent, `${index}`).to.equal(true);
          await system.stop();
        },
      ),
      { numRuns: 50 },
    );
  });

  it('rejects the ask, and waits for nothing', async () => {
    const { clock, system, types } = world();
    const ref: Untyped = system.spawn(counter, { id: 'counter' });
    for (const sent of notEvents) {
      const error = await ref.ask(sent, { timeoutMs: 10 }).catch((thrown: unknown) => thrown);
      expect(isConclaveError(error, 'InvalidOption'), String(error)).to.equal(true);
      expect(clock.pending).to.equal(0);
    }
    expect(types).to.have.length(notEvents.length);
    await system.stop();
  });

  it('is refused under an unknown id, by a proxy and after the end too', async () => {
    const { system, types } = world();
    const nobody: Untyped = 5;
    const nothing: Untyped = null;
    const heard: unknown[] = [];
    system.register('proxy', (event) => heard.push(event) > 0);
    const ref = system.spawn(counter);
    await ref.stop();
    expect(ref.send(nothing)).to.equal(false);
    expect(system.send('proxy', nothing)).to.equal(false);
    expect(system.send('nobody', nothing)).to.equal(false);
    expect(system.send(nobody, { type: 'ADD' })).to.equal(false);
    expect(heard).to.deep.equal([]);
    expect(types).to.deep.equal([...Array(3).fill('conclave.malformed malformed'), 'ADD unknown']);
    await system.stop();
  });

  it('does not get from chart to chart, at once or later', async () => {
    // xstate itself cannot name nothing at all: there the sender crashes.
    for (const sent of notEvents.filter((one) => typeof one === 'object' && one !== null).slice(0, 4)) {
      const { clock, system, types } = world();
      const ref = system.spawn(counter, { id: 'counter' });
      const sender = system.spawn(
        setup({}).createMachine({
          on: {
            NOW: { actions: sendTo(({ system: peers }) => peers.get('counter'), sent) },
            LATER: { actions: sendTo(({ system: peers }) => peers.get('counter'), sent, { delay: 5 }) },
            SELF: { actions: sendTo(({ self }) => self, sent, { delay: 5 }) },
          },
        }),
      );
      for (const type of ['NOW', 'LATER', 'SELF'] as const) sender.send({ type });
      await clock.advance(5);
      expect(types).to.deep.equal(Array(3).fill('conclave.malformed malformed'));
      expect([ref, sender].map((one) => one.getSnapshot().status)).to.deep.equal(['active', 'active']);
      await system.stop();
    }
  });
});
