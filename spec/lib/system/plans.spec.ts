import { expect } from 'chai';
import { type AnyEventObject, fromCallback, fromPromise, setup } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { unreadable } from '../core/unreadable.js';

/** What a JavaScript program can hand over, seen by no compiler. */
type Untyped = AnyEventObject['untyped'];

const idle = setup({}).createMachine({});
const numbers: readonly Untyped[] = [Number.NaN, -1, 'x', null];

function world() {
  const clock = new ManualClock();
  return { clock, system: createSystem({ clock, ids: countingIds(), log: () => undefined }) };
}

/** The one line of an `InvalidOption`; anything else fails the spec. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (isConclaveError(error, 'InvalidOption') && !error.message.includes('\n')) return error.message;
    throw error;
  }
  return 'taken';
}

describe('how an actor is run', () => {
  it('is checked at spawn: what cannot run, or says nothing known, is refused in one line and leaves no trace', async () => {
    const { clock, system } = world();
    const sibling = system.spawn(idle, { id: 'sibling' });
    const logics: readonly Untyped[] = [
      {},
      null,
      undefined,
      'machine',
      () => undefined,
      { transition: idle },
    ];
    for (const logic of logics) {
      expect(refusal(() => system.spawn(logic, { id: 'a' }))).to.match(/^logic must be a machine or other/);
    }
    const restart: Untyped = 'sometimes';
    expect(refusal(() => system.spawn(idle, { id: 'a', restart }))).to.equal(
      "restart must be 'permanent', 'transient' or 'temporary', not 'sometimes'.",
    );
    for (const value of numbers.slice(0, 3)) {
      const message = refusal(() => system.spawn(idle, { id: 'a', shutdownMs: value }));
      expect(message).to.match(/^shutdownMs must be a number of 0 or more, not /);
      const capacity = refusal(() => system.spawn(idle, { id: 'a', mailboxCapacity: value }));
      expect(capacity).to.match(/^mailboxCapacity must be a number of 1 or more, not /);
    }
    for (const stopEvent of [null, {}, 'STOP'] as readonly Untyped[]) {
      expect(refusal(() => system.spawn(idle, { id: 'a', stopEvent }))).to.match(
        /^stopEvent must be an event/,
      );
    }
    for (const id of [5, ''] as readonly Untyped[]) {
      expect(refusal(() => system.spawn(idle, { id }))).to.match(/^id must be a text/);
    }
    await clock.settle();
    expect(sibling.getSnapshot().status).to.equal('active');
    expect(system.spawn(idle, { id: 'a' }).send({ type: 'any' }), 'the id is free').to.equal(true);
    await system.stop();
  });

  it('is transient by default: what ends by itself has done its work, and takes nobody along', async () => {
    const { clock, system } = world();
    const sibling = system.spawn(idle, { id: 'sibling' });
    let runs = 0;
    const job = system.spawn(
      fromPromise(async () => {
        runs += 1;
        return 'done';
      }),
      { id: 'job' },
    );
    const final = system.spawn(setup({}).createMachine({ initial: 'x', states: { x: { type: 'final' } } }));
    await clock.settle();
    expect(runs).to.equal(1);
    expect(await job.exited).to.deep.equal({ type: 'normal', output: 'done' });
    expect((await final.exited).type).to.equal('normal');
    expect(sibling.getSnapshot().status).to.equal('active');
    await system.stop();
  });

  it('still starts what failed again, by default', async () => {
    const { clock, system } = world();
    let starts = 0;
    const flaky = fromCallback(() => {
      starts += 1;
      if (starts === 1) throw new Error('planted');
    });
    system.spawn(flaky);
    const pool = system.supervisor('pool', { intensity: 0 });
    const nested = pool.spawn(
      fromPromise(async () => Promise.reject(new Error('planted'))),
      { id: 'nested' },
    );
    await clock.settle();
    expect(starts).to.equal(2);
    expect((await nested.exited).type).to.equal('abnormal');
    await system.stop();
  });
});

describe('a system', () => {
  it('refuses an option that is of no use, or that there is not, in one line', async () => {
    const { system } = world();
    const odd: readonly Untyped[] = [null, 5, 'x', {}, ...Object.values(unreadable())];
    for (const [name, value] of Object.entries(unreadable())) {
      expect(
        refusal(() => system.spawn(value as Untyped)),
        name,
      ).to.match(/^logic (must be|cannot be read)/);
      const backoff = value as Untyped;
      expect(
        refusal(() => createSystem({ backoff })),
        name,
      ).to.match(/^backoff (must be|cannot be read)/);
    }
    for (const name of ['clock', 'ids', 'random', 'inspect', 'log'])
      for (const value of odd) {
        const options: Untyped = { [name]: value };
        expect(refusal(() => createSystem(options))).to.match(
          new RegExp(`^${name} (must be|cannot be read)`),
        );
      }
    const words: Untyped = { mailbox: 5 };
    expect(refusal(() => createSystem(words))).to.match(
      /^There is no option "mailbox"; the options of createS/,
    );
    expect(refusal(() => system.spawn(idle, words))).to.match(
      /^There is no option "mailbox"; the options of sp/,
    );
    expect(refusal(() => system.supervisor('s', words))).to.match(
      /^There is no option "mailbox"; the options /,
    );
    for (const none of [null, 5, [1]] as readonly Untyped[]) {
      expect(refusal(() => createSystem(none))).to.match(/^the options of createSystem must be an object/);
      expect(refusal(() => system.spawn(idle, none))).to.match(/^the options of spawn must be an object/);
      expect(refusal(() => system.supervisor('s', none))).to.match(/^the options of supervisor must be an/);
      const error = await system.stop(none).catch((thrown: unknown) => thrown);
      expect(isConclaveError(error, 'InvalidOption')).to.equal(true);
    }
    await system.stop();
  });

  it('refuses listeners and proxies of no use, and sends under any id', async () => {
    const { system } = world();
    for (const odd of [null, 5, 'x', ...Object.values(unreadable())] as readonly Untyped[]) {
      expect(refusal(() => system.on(odd, () => undefined))).to.match(
        /^the event to listen to must be one of /,
      );
      expect(refusal(() => system.on('exit', odd))).to.match(/^a listener of 'exit' must be a function/);
      expect(refusal(() => system.register('proxy', odd))).to.match(
        /^what register hands events to must be a/,
      );
      expect(system.send(odd, { type: 'any' })).to.equal(false);
    }
    await system.stop();
  });
});

describe('how a supervisor supervises', () => {
  it('is checked where it is made', async () => {
    const { system } = world();
    const wrong: Readonly<Record<string, readonly Untyped[]>> = {
      strategy: ['one_for_some', 5, {}],
      intensity: numbers.slice(0, 3),
      periodMs: numbers.slice(0, 3),
      restart: ['always', 5],
      backoff: ['exponential', {}, null, 5],
    };
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values) {
        const options: Untyped = { [name]: value };
        expect(refusal(() => system.supervisor('pool', options))).to.match(new RegExp(`^${name} must be `));
        if (name === 'restart') continue; // the root is nobody's child
        expect(refusal(() => createSystem(options))).to.match(new RegExp(`^${name} must be `));
      }
    }
    const times = { type: 'exponential', delayMs: 1, delayMsMax: 2, jitter: 0 } as const;
    for (const name of ['delayMs', 'delayMsMax', 'jitter']) {
      for (const value of [...numbers, undefined]) {
        const backoff: Untyped = { ...times, [name]: value };
        expect(refusal(() => createSystem({ backoff }))).to.match(new RegExp(`^backoff.${name} must be `));
      }
    }
    expect(refusal(() => createSystem({ backoff: { ...times, jitter: 2 } }))).to.contain('from 0 to 1');
    expect(system.supervisor('pool', { backoff: times }).id, 'nothing was taken').to.equal('pool');
    await system.stop();
  });
});
