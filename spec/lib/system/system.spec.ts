import { expect } from 'chai';
import {
  assign,
  type EventObject,
  emit,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  fromTransition,
  type Observer,
  sendParent,
  sendTo,
  setup,
} from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import { seededRandom } from '../../../lib/core/random.js';
import type { ReplyTo } from '../../../lib/system/asks.js';
import type { SystemOptions } from '../../../lib/system/options.js';
import { respond } from '../../../lib/system/respond.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { TestProbe } from '../../../lib/testing/probe.js';

function world(options: SystemOptions = {}) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const system = createSystem({ clock, ids: countingIds(), random: seededRandom(1), log, ...options });
  return { clock, system, lines };
}

type CounterEvent =
  | { type: 'ADD' }
  | { type: 'FAIL' }
  | { type: 'GET'; replyTo: ReplyTo<number> }
  | { type: 'MUTE'; replyTo: ReplyTo<number> }
  | { type: 'END' };

const counter = setup({
  types: { context: {} as { count: number }, events: {} as CounterEvent, output: {} as number },
  actions: {
    fail: () => {
      throw new Error('planted');
    },
  },
}).createMachine({
  context: { count: 0 },
  output: ({ context }) => context.count,
  initial: 'counting',
  states: {
    counting: {
      on: {
        ADD: { actions: assign({ count: ({ context }) => context.count + 1 }) },
        FAIL: { actions: 'fail' },
        GET: { actions: respond(({ context }) => context.count) },
        MUTE: {},
        END: 'ended',
      },
    },
    ended: { type: 'final' },
  },
});

describe('a system', () => {
  it('spawns a machine whose first snapshot stands at once, and steps it', async () => {
    const { clock, system } = world();
    const ref = system.spawn(counter, { id: 'counter' });
    expect(ref.getSnapshot().context.count).to.equal(0);
    expect(ref.send({ type: 'ADD' })).to.equal(true);
    await clock.settle();
    expect(ref.getSnapshot().context.count).to.equal(1);
    expect(system.get('counter')).to.equal(ref);
    await system.stop();
    expect(system.get('counter')).to.equal(undefined);
    expect(clock.pending).to.equal(0);
  });

  it('asks and is answered, typed; a question refused, timed out, aborted or crashed upon is rejected by code', async () => {
    const { clock, system } = world();
    const ref = system.spawn(counter, { id: 'counter', mailboxCapacity: 2 });
    ref.send({ type: 'ADD' });
    const count: number = await ref.ask({ type: 'GET' }, { timeoutMs: 10 });
    expect(count).to.equal(1);
    expect(clock.pending, 'the deadline is cleared').to.equal(0);

    const mute = codeOf(ref.ask({ type: 'MUTE' }, { timeoutMs: 10 }));
    await clock.advance(10);
    expect(await mute).to.equal('Timeout');

    const controller = new AbortController();
    const aborted = codeOf(ref.ask({ type: 'MUTE' }, { timeoutMs: 10, signal: controller.signal }));
    controller.abort();
    expect(await aborted).to.equal('Cancelled');
    expect(await codeOf(ref.ask({ type: 'MUTE' }, { timeoutMs: 10, signal: AbortSignal.abort() }))).to.equal(
      'Cancelled',
    );
    await clock.settle();

    ref.send({ type: 'ADD' });
    ref.send({ type: 'ADD' });
    expect(await codeOf(ref.ask({ type: 'GET' }, { timeoutMs: 10 }))).to.equal('MailboxFull');
    await clock.settle();
    const waiting = codeOf(ref.ask({ type: 'MUTE' }, { timeoutMs: 10 }));
    await system.stop();
    expect(await waiting).to.equal('ShuttingDown');
    expect(await codeOf(ref.ask({ type: 'GET' }, { timeoutMs: 10 }))).to.equal('ActorStopped');
    expect(clock.pending).to.equal(0);
  });

  it('rejects the ask whose question made the actor crash', async () => {
    const { system } = world();
    const fragile = setup({
      types: { events: {} as { type: 'ASK'; replyTo: ReplyTo<number> } },
    }).createMachine({
      on: {
        ASK: {
          actions: () => {
            throw new Error('planted');
          },
        },
      },
    });
    const ref = system.spawn(fragile, { id: 'fragile' });
    const error = await ref.ask({ type: 'ASK' }, { timeoutMs: 10 }).catch((thrown: unknown) => thrown);
    expect(isConclaveError(error, 'HandlerFailed')).to.equal(true);
    await system.stop();
  });

  it('answers later by a kept address, and dead-letters what nobody waits for', async () => {
    const { clock, system } = world();
    const slow = setup({
      types: {
        context: {} as { asker: ReplyTo<string> | undefined },
        events: {} as { type: 'ASK'; replyTo: ReplyTo<string> } | { type: 'READY' },
      },
    }).createMachine({
      context: { asker: undefined },
      on: {
        ASK: { actions: assign({ asker: ({ event }) => event.replyTo }) },
        READY: { actions: respond('at last', { to: ({ context }) => context.asker }) },
      },
    });
    const ref = system.spawn(slow, { id: 'slow' });
    const answer = ref.ask({ type: 'ASK' }, { timeoutMs: 100 });
    ref.send({ type: 'READY' });
    expect(await answer).to.equal('at last');
    ref.send({ type: 'READY' });
    await clock.settle();
    expect(system.deadLetters().map(({ reason }) => reason)).to.deep.equal(['unasked']);
    await system.stop();
  });

  it('crashes on an event: that one is a dead letter, the rest of the mailbox is kept, observers and reference stay', async () => {
    const { clock, system, lines } = world();
    const ref = system.spawn(counter, { id: 'counter' });
    const seen: number[] = [];
    ref.subscribe(({ context }) => seen.push(context.count));
    for (const type of ['ADD', 'FAIL', 'ADD', 'ADD'] as const) ref.send({ type });
    await clock.settle();
    expect(ref.getSnapshot().context.count).to.equal(2);
    expect(seen).to.deep.equal([1, 0, 1, 2]);
    expect(system.deadLetters()).to.have.length(1);
    expect(system.deadLetters()[0]).to.deep.include({
      to: 'counter',
      event: { type: 'FAIL' },
      reason: 'crashed',
    });
    expect(lines.some((line) => line.includes('planted'))).to.equal(true);
    await system.stop();
  });

  it('tells exits apart: normal with output, abnormal with error, stopped', async () => {
    const { system } = world();
    const normal = system.spawn(counter, { restart: 'transient' });
    normal.send({ type: 'ADD' });
    normal.send({ type: 'END' });
    expect(await normal.exited).to.deep.equal({ type: 'normal', output: 1 });
    const abnormal = system.spawn(counter, { restart: 'temporary' });
    abnormal.send({ type: 'FAIL' });
    const exit = await abnormal.exited;
    expect(exit.type === 'abnormal' && exit.error).to.be.instanceOf(Error);
    const stopped = system.spawn(counter);
    await stopped.stop();
    expect(await stopped.exited).to.deep.equal({ type: 'stopped' });
    expect(stopped.send({ type: 'ADD' })).to.equal(false);
    await system.stop();
  });

  it('runs promise, callback, transition, observable and event observable logic', async () => {
    const { clock, system } = world();
    const promised = system.spawn(
      fromPromise(async ({ input }: { input: number }) => input * 2),
      { restart: 'transient', input: 21 },
    );
    expect(await promised.exited).to.deep.equal({ type: 'normal', output: 42 });
    const sum = system.spawn(
      fromTransition((total: number, event: { type: 'add'; by: number }) => total + event.by, 0),
    );
    sum.send({ type: 'add', by: 5 });
    const heard: EventObject[] = [];
    let disposed = 0;
    const callback = system.spawn(
      fromCallback(({ receive }) => {
        receive((event) => heard.push(event));
        return () => {
          disposed += 1;
        };
      }),
    );
    callback.send({ type: 'hello' });
    const values = system.spawn(
      fromObservable(() => ({
        subscribe: (observer: Observer<number> | ((value: number) => void)) => {
          if (typeof observer === 'function') throw new TypeError('expected an observer');
          observer.next?.(1);
          observer.next?.(2);
          return { unsubscribe: () => undefined };
        },
      })),
    );
    const events = system.spawn(
      fromEventObservable(() => ({
        subscribe: (observer: Observer<EventObject> | ((value: EventObject) => void)) => {
          if (typeof observer === 'function') throw new TypeError('expected an observer');
          observer.complete?.();
          return { unsubscribe: () => undefined };
        },
      })),
      { restart: 'temporary' },
    );
    await clock.settle();
    expect(sum.getSnapshot().context).to.equal(5);
    expect(heard).to.deep.equal([{ type: 'hello' }]);
    expect(values.getSnapshot().context).to.equal(2);
    expect((await events.exited).type).to.equal('normal');
    await system.stop();
    expect(disposed).to.equal(1);
  });

  it('runs a rejected promise logic again, aborts it on stop, and lets no rejection escape', async () => {
    const { clock, system } = world({ intensity: 3 });
    let runs = 0;
    let aborted = false;
    const ref = system.spawn(
      fromPromise(async ({ signal }) => {
        runs += 1;
        if (runs < 3) throw new Error('not yet');
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        await new Promise(() => undefined);
      }),
    );
    await clock.settle();
    expect(runs).to.equal(3);
    await ref.stop();
    expect(aborted).to.equal(true);
    await system.stop();
  });

  it('finds peers by id in charts, across restarts and before they exist; an unknown one is a dead letter', async () => {
    const { clock, system } = world();
    const caller = setup({}).createMachine({
      on: { CALL: { actions: sendTo(({ system: peers }) => peers.get('counter'), { type: 'ADD' }) } },
    });
    const ref = system.spawn(caller);
    ref.send({ type: 'CALL' });
    await clock.settle();
    expect(system.deadLetters()).to.deep.equal([
      { to: 'counter', event: { type: 'ADD' }, reason: 'unknown' },
    ]);
    const counted = system.spawn(counter, { id: 'counter' });
    counted.send({ type: 'FAIL' });
    ref.send({ type: 'CALL' });
    await clock.settle();
    expect(counted.getSnapshot().context.count).to.equal(1);
    await system.stop();
  });

  it('lists proxies: sent to by id like any actor, refusing into the dead letters', async () => {
    const { clock, system, lines } = world();
    const probe = new TestProbe(system, 'probe', clock);
    expect(system.send('probe', { type: 'hello' })).to.equal(true);
    expect(await probe.next()).to.deep.equal({ type: 'hello' });
    const soon = probe.next({ withinMs: 5 });
    system.send('probe', { type: 'hello' });
    expect((await soon).type).to.equal('hello');
    expect(clock.pending, 'the deadline is cleared').to.equal(0);
    const late = probe.next({ withinMs: 5 }).catch((error: Error) => error.message);
    await clock.advance(5);
    expect(await late).to.contain("Probe 'probe' was sent nothing within 5 ms, after hello, hello");
    probe.close();
    expect(system.send('probe', { type: 'hello' })).to.equal(false);
    system.register('deaf', () => false);
    system.register('broken', () => {
      throw new Error('planted');
    });
    expect(system.send('deaf', { type: 'a' })).to.equal(false);
    expect(system.send('broken', { type: 'b' })).to.equal(false);
    expect(system.deadLetters().map(({ reason }) => reason)).to.deep.equal(['unknown', 'refused', 'refused']);
    expect(lines.join()).to.contain('planted');
    await system.stop();
  });

  it('survives whoever throws while listening', async () => {
    const { clock, system, lines } = world({
      inspect: () => {
        throw new Error('inspector');
      },
    });
    const ref = system.spawn(
      setup({ types: { events: {} as { type: 'GO' }, emitted: {} as { type: 'went' } } }).createMachine({
        on: { GO: { actions: emit({ type: 'went' }) } },
      }),
    );
    const throwing = (what: string) => () => {
      throw new Error(what);
    };
    const seen: string[] = [];
    ref.subscribe(throwing('subscriber'));
    ref.subscribe(() => seen.push('next'));
    ref.on('went', throwing('handler'));
    ref.on('went', ({ type }) => seen.push(type));
    ref.on('*', ({ type }) => seen.push(`any ${type}`));
    system.on('exit', throwing('listener'));
    system.on('exit', () => seen.push('exit'));
    ref.send({ type: 'GO' });
    await clock.settle();
    await system.stop();
    expect(seen).to.deep.equal(['went', 'any went', 'next', 'exit']);
    for (const what of ['inspector', 'subscriber', 'listener', 'handler'])
      expect(lines.join()).to.contain(what);
  });

  it('passes inspection on: actors, events with their senders, snapshots', async () => {
    const seen: string[] = [];
    const { clock, system } = world({ inspect: (event) => void seen.push(event.type) });
    const ref = system.spawn(counter);
    ref.send({ type: 'ADD' });
    await clock.settle();
    await system.stop();
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot', '@xstate.microstep']) {
      expect(seen).to.include(type);
    }
  });

  it('refuses by name: an id that is taken, a wrong bound, a spawn while it stops', async () => {
    const { system } = world();
    system.spawn(counter, { id: 'a' });
    expect(() => system.spawn(counter, { id: 'a' })).to.throw("The id 'a' is taken");
    expect(() => system.register('a', () => true)).to.throw("The id 'a' is taken");
    expect(() => system.supervisor('a')).to.throw("The id 'a' is taken");
    expect(() => system.spawn(counter, { mailboxCapacity: 0 })).to.throw(
      'mailboxCapacity must be a number of 1 or more, not 0',
    );
    expect(() => createSystem({ intensity: -1 })).to.throw('intensity must be a number of 0 or more, not -1');
    expect(() => createSystem({ periodMs: Number.NaN })).to.throw(
      'periodMs must be a number of 0 or more, not NaN',
    );
    const stopping = system.stop();
    expect(() => system.spawn(counter)).to.throw('takes nobody on');
    await stopping;
    expect(() => system.spawn(counter)).to.throw('takes nobody on');
  });

  it('runs the children of charts in mailboxes of their own, and their results reach the parent in order', async () => {
    const { clock, system } = world();
    const child = setup({}).createMachine({
      entry: [sendParent({ type: 'FIRST' }), sendParent({ type: 'SECOND' })],
      initial: 'ended',
      states: { ended: { type: 'final' } },
    });
    const parent = setup({
      types: { context: {} as { seen: readonly string[] } },
      actors: { child },
    }).createMachine({
      context: { seen: [] },
      invoke: { src: 'child', id: 'child' },
      on: { '*': { actions: assign({ seen: ({ context, event }) => [...context.seen, event.type] }) } },
    });
    const ref = system.spawn(parent);
    await clock.settle();
    expect(ref.getSnapshot().context.seen).to.deep.equal(['FIRST', 'SECOND', 'xstate.done.actor.child']);
    await system.stop();
  });

  it('gives a child what its parent sends on the way out before it stops it, as xstate does', async () => {
    const { clock, system } = world();
    const heard: string[] = [];
    const child = fromCallback(({ receive }) => {
      receive(({ type }) => heard.push(type));
      return () => heard.push('disposed');
    });
    const parent = setup({ actors: { child } }).createMachine({
      initial: 'on',
      states: {
        on: {
          invoke: { src: 'child', id: 'child' },
          exit: sendTo('child', { type: 'BYE' }),
          on: { JOB: { actions: sendTo('child', { type: 'JOB' }) }, OFF: 'off' },
        },
        off: {},
      },
    });
    const ref = system.spawn(parent);
    // Both within one turn: the job stands in the child's mailbox when it is stopped.
    ref.send({ type: 'JOB' });
    ref.send({ type: 'OFF' });
    await clock.settle();
    expect(heard).to.deep.equal(['JOB', 'BYE', 'disposed']);
    await system.stop();
  });

  it('ends the children of a chart that crashed: none runs on beside the new ones', async () => {
    const { clock, system } = world();
    let running = 0;
    const child = fromCallback(() => {
      running += 1;
      return () => {
        running -= 1;
      };
    });
    const parent = setup({ actors: { child } }).createMachine({
      invoke: { src: 'child' },
      on: {
        FAIL: {
          actions: assign(() => {
            throw new Error('planted');
          }),
        },
      },
    });
    const ref = system.spawn(parent);
    expect(running).to.equal(1);
    ref.send({ type: 'FAIL' });
    await clock.settle();
    expect(running).to.equal(1);
    await system.stop();
    expect(running).to.equal(0);
  });

  it('keeps the timers of an incarnation from the next one', async () => {
    const { clock, system } = world();
    const seen: string[] = [];
    const timed = setup({}).createMachine({
      initial: 'waiting',
      on: {
        FAIL: {
          actions: () => {
            throw new Error('planted');
          },
        },
      },
      states: {
        waiting: { after: { 100: { target: 'late', actions: () => void seen.push('late') } } },
        late: {},
      },
    });
    const ref = system.spawn(timed);
    await clock.advance(60);
    ref.send({ type: 'FAIL' });
    await clock.advance(60);
    expect(seen).to.deep.equal([]);
    await clock.advance(60);
    expect(seen).to.deep.equal(['late']);
    await system.stop();
    expect(clock.pending).to.equal(0);
  });

  it('keeps a timer from the next incarnation even where it has fired, and stands in line behind the crash', async () => {
    const due: (() => void)[] = [];
    class FiringClock extends ManualClock {
      override setTimer(callback: () => void, delayMs: number) {
        due.push(callback);
        return super.setTimer(callback, delayMs);
      }
    }
    const { clock, system } = world({ clock: new FiringClock() });
    const timed = setup({}).createMachine({
      initial: 'waiting',
      on: {
        FAIL: {
          actions: () => {
            throw new Error('planted');
          },
        },
      },
      states: { waiting: { after: { 100: 'late' } }, late: {} },
    });
    const ref = system.spawn(timed);
    ref.send({ type: 'FAIL' });
    due[0]?.();
    await clock.settle();
    expect(ref.getSnapshot().value).to.equal('waiting');
    await system.stop();
  });

  it('frees the systemId of a child that never ran', async () => {
    const { clock, system } = world();
    let starts = 0;
    let children = 0;
    const child = fromCallback(() => {
      children += 1;
    });
    const parent = setup({ actors: { child } }).createMachine({
      // Made, under its id, before the state below is entered; started after, so never the first time.
      invoke: { src: 'child', systemId: 'keyed' },
      initial: 'up',
      states: {
        up: {
          entry: assign(() => {
            starts += 1;
            if (starts === 1) throw new Error('planted');
            return {};
          }),
        },
      },
    });
    const ref = system.spawn(parent);
    await clock.settle();
    expect(starts).to.equal(2);
    expect(ref.getSnapshot().status).to.equal('active');
    expect(children).to.equal(1);
    await system.stop();
  });
});

function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'answered',
    (error: unknown) => (isConclaveError(error) ? error.code : error),
  );
}
