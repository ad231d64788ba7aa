import { expect } from 'chai';
import fc from 'fast-check';
import { assign, type EventObject, fromCallback, fromTransition, sendParent, sendTo, setup } from 'xstate';
import { countingIds } from '../../../lib/core/ids.js';
import type { ReplyTo } from '../../../lib/system/asks.js';
import type { MailboxFullEvent } from '../../../lib/system/post-office.js';
import { respond } from '../../../lib/system/respond.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { TestProbe } from '../../../lib/testing/probe.js';

interface Job extends EventObject {
  readonly type: 'JOB';
  readonly from: number;
  readonly seq: number;
  readonly fatal: boolean;
}

/** A clock whose deferred work waits until the spec lets it go: one round of the dispatcher at a time. */
class RoundClock extends ManualClock {
  #deferred: (() => void)[] = [];

  override defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Everything up to the next time the dispatcher yields. */
  async round(): Promise<void> {
    const due = this.#deferred;
    this.#deferred = [];
    for (const callback of due) callback();
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }

  get yields(): boolean {
    return this.#deferred.length > 0;
  }
}

function chatter(peer: string) {
  return setup({ types: { context: {} as { heard: number } } }).createMachine({
    context: { heard: 0 },
    on: {
      BALL: {
        actions: [
          assign({ heard: ({ context }) => context.heard + 1 }),
          sendTo(({ system }) => system.get(peer), { type: 'BALL' }),
        ],
      },
    },
  });
}

describe('mailboxes', () => {
  it('lose nothing but what is dead-lettered, and keep the order of each sender, whatever crashes', async () => {
    const command = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ from: fc.integer({ min: 0, max: 2 }), fatal: fc.constant(false) }),
      },
      { weight: 1, arbitrary: fc.record({ from: fc.integer({ min: 0, max: 2 }), fatal: fc.constant(true) }) },
      { weight: 2, arbitrary: fc.constant('settle' as const) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 3 }),
        async (commands, mailboxCapacity, intensity) => {
          const clock = new ManualClock();
          const system = createSystem({ clock, ids: countingIds(), intensity, log: () => undefined });
          const seen: Job[] = [];
          const receiver = system.spawn(
            fromTransition((_: null, job: Job) => {
              if (job.type !== 'JOB') return null;
              if (job.fatal) throw new Error('planted');
              seen.push(job);
              return null;
            }, null),
            { id: 'receiver', mailboxCapacity },
          );
          const sender = setup({ types: { events: {} as Job } }).createMachine({
            on: {
              JOB: {
                actions: sendTo(
                  ({ system: peers }) => peers.get('receiver'),
                  ({ event }) => event,
                ),
              },
            },
          });
          const relays = [1, 2].map(() => system.spawn(sender, { restart: 'temporary' }));
          const sent: Job[] = [];
          for (const next of commands) {
            if (next === 'settle') await clock.settle();
            else {
              const job: Job = { type: 'JOB', ...next, seq: sent.length };
              sent.push(job);
              (relays[job.from] ?? receiver).send(job);
            }
          }
          await clock.settle();
          await system.stop();
          const dead = system.deadLetters().map(({ event }) => ('seq' in event ? event.seq : undefined));
          const all = [...seen.map(({ seq }) => seq), ...dead].sort((a, b) => Number(a) - Number(b));
          expect(all, 'each exactly once').to.deep.equal(sent.map(({ seq }) => seq));
          for (const from of [0, 1, 2]) {
            const order = seen.filter((job) => job.from === from).map(({ seq }) => seq);
            expect(order, `order of sender ${from}`).to.deep.equal([...order].sort((a, b) => a - b));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('answer false from outside when full, and tell a sending chart with an event', async () => {
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const idle = system.spawn(setup({}).createMachine({}), { id: 'idle', mailboxCapacity: 2 });
    const sender = setup({
      types: {
        context: {} as { refused: readonly string[] },
        events: {} as { type: 'GO' } | MailboxFullEvent,
      },
    }).createMachine({
      context: { refused: [] },
      on: {
        GO: {
          actions: [1, 2, 3].map((n) =>
            sendTo(({ system: peers }) => peers.get('idle'), { type: `JOB${n}` }),
          ),
        },
        'mailbox.full': {
          actions: assign({
            refused: ({ context, event }) => [...context.refused, `${event.to} ${event.event.type}`],
          }),
        },
      },
    });
    const ref = system.spawn(sender);
    ref.send({ type: 'GO' });
    await clock.settle();
    expect(ref.getSnapshot().context.refused).to.deep.equal(['idle JOB3']);
    expect([1, 2, 3].map(() => idle.send({ type: 'X' }))).to.deep.equal([true, true, false]);
    expect(system.deadLetters().map(({ event, reason }) => `${event.type} ${reason}`)).to.deep.equal([
      'JOB3 mailbox-full',
      'X mailbox-full',
    ]);
    await system.stop();
  });

  it('bound what charts send to their children and back, and what a flooding sender hears of it', async () => {
    const clock = new RoundClock();
    const system = createSystem({
      clock,
      ids: countingIds(),
      mailboxCapacity: 4,
      deadLettersMax: 50,
      log: () => undefined,
    });
    let heard = 0;
    const child = fromCallback(() => undefined);
    const flooder = setup({ actors: { child } }).createMachine({
      invoke: { src: 'child', id: 'child' },
      on: {
        GO: { actions: Array.from({ length: 100 }, () => sendTo('child', { type: 'DROP' })) },
        // Answers each refusal with two more sends: without a bound this would double for ever.
        'mailbox.full': {
          actions: [
            () => {
              heard += 1;
            },
            sendTo('child', { type: 'DROP' }),
            sendTo('child', { type: 'DROP' }),
          ],
        },
      },
    });
    const ref = system.spawn(flooder);
    ref.send({ type: 'GO' });
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    expect(system.deadLetters()).to.have.length(50);
    await clock.round();
    await clock.round();
    heard = 0;
    const stopped = system.stop();
    await clock.settle();
    for (let round = 0; round < 20; round += 1) await clock.round();
    await stopped;
    expect(heard, 'stood in line before the stop').to.be.at.most(8);
    expect(clock.pending).to.equal(0);

    const upward = createSystem({ clock, ids: countingIds(), mailboxCapacity: 3, log: () => undefined });
    const eager = setup({}).createMachine({ entry: [1, 2, 3, 4].map((n) => sendParent({ type: `UP${n}` })) });
    const parent = upward.spawn(
      setup({ types: { context: {} as { count: number } }, actors: { eager } }).createMachine({
        context: { count: 0 },
        invoke: { src: 'eager' },
        on: { '*': { actions: assign({ count: ({ context }) => context.count + 1 }) } },
      }),
    );
    await clock.settle();
    expect(parent.getSnapshot().context.count).to.equal(3);
    expect(upward.deadLetters().map(({ event }) => event.type)).to.deep.equal(['UP4']);
    await upward.stop();
  });

  it('never refuse a timer or the end of a child, however full', async () => {
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), mailboxCapacity: 1, log: () => undefined });
    const quick = setup({}).createMachine({ initial: 'ended', states: { ended: { type: 'final' } } });
    const parent = setup({ actors: { quick } }).createMachine({
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: {
            timer: { initial: 'on', states: { on: { after: { 10: 'rung' } }, rung: {} } },
            child: { initial: 'on', states: { on: { invoke: { src: 'quick', onDone: 'over' } }, over: {} } },
          },
        },
      },
    });
    const ref = system.spawn(parent);
    expect(ref.send({ type: 'FILL' })).to.equal(true);
    expect(ref.send({ type: 'FILL' })).to.equal(false);
    await clock.settle();
    ref.send({ type: 'FILL' });
    await clock.advance(10);
    expect(ref.getSnapshot().value).to.deep.equal({ both: { timer: 'rung', child: 'over' } });
    await system.stop();
  });
});

describe('a pair that chats for ever', () => {
  it('leaves a third actor its turn in the same round, and timers theirs after it', async () => {
    const clock = new RoundClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const ping = system.spawn(chatter('pong'), { id: 'ping' });
    system.spawn(chatter('ping'), { id: 'pong' });
    const third = system.spawn(fromTransition((count: number) => count + 1, 0));
    const timed = system.spawn(
      setup({}).createMachine({ initial: 'on', states: { on: { after: { 5: 'rung' } }, rung: {} } }),
    );
    ping.send({ type: 'BALL' });
    await clock.round();
    expect(clock.yields, 'it has given way').to.equal(true);
    third.send({ type: 'any' });
    await clock.round();
    expect(third.getSnapshot().context).to.equal(1);
    await clock.advance(5);
    await clock.round();
    expect(timed.getSnapshot().value).to.equal('rung');
    const heard = ping.getSnapshot().context.heard;
    await clock.round();
    expect(ping.getSnapshot().context.heard, 'and goes on').to.be.above(heard);
  });

  it('gives way to real timers', async () => {
    const system = createSystem({ log: () => undefined });
    const probe = new TestProbe(system, 'probe');
    const ping = system.spawn(chatter('pong'), { id: 'ping' });
    system.spawn(chatter('ping'), { id: 'pong' });
    system.spawn(
      setup({}).createMachine({
        after: { 20: { actions: sendTo(({ system: peers }) => peers.get('probe'), { type: 'RUNG' }) } },
      }),
    );
    ping.send({ type: 'BALL' });
    expect((await probe.next({ withinMs: 5_000 })).type).to.equal('RUNG');
    await system.stop();
  });

  it('is no different when it is a loop of awaited asks, all within microtasks', async () => {
    const clock = new RoundClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const echo = setup({ types: { events: {} as { type: 'ASK'; replyTo: ReplyTo<number> } } }).createMachine({
      on: { ASK: { actions: respond(1) } },
    });
    const ref = system.spawn(echo);
    let asked = 0;
    const loop = async () => {
      for (; !clock.yields && asked < 20_000; asked += 1)
        await ref.ask({ type: 'ASK' }, { timeoutMs: 1_000 });
    };
    await Promise.race([loop(), turns(20_000)]);
    expect(clock.yields, 'it has given way').to.equal(true);
    expect(asked).to.be.within(100, 5_000);
  });
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}
