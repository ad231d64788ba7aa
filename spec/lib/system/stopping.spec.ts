import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { fromCallback, fromPromise, fromTransition, sendTo, setup } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import type { SystemOptions } from '../../../lib/system/options.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function world(options: SystemOptions = {}) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const system = createSystem({ clock, ids: countingIds(), log: (line) => lines.push(line), ...options });
  return { clock, system, lines };
}

function chatter(peer: string) {
  return setup({}).createMachine({
    on: {
      BALL: { actions: sendTo(({ system }) => system.get(peer), { type: 'BALL' }) },
      // Even on its way out it has something to say.
      STOP: { actions: sendTo(({ system }) => system.get(peer), { type: 'BALL' }) },
    },
  });
}

const endless = fromPromise(() => new Promise<never>(() => undefined));

describe('a system that stops', () => {
  it('comes to its end though actors answer each other, or themselves, for ever', async () => {
    for (const options of [{}, { stopEvent: { type: 'STOP' }, shutdownMs: 20 }]) {
      const system = createSystem({ log: () => undefined });
      const ping = system.spawn(chatter('pong'), { id: 'ping', ...options });
      const pong = system.spawn(chatter('ping'), { id: 'pong', ...options });
      const self = system.spawn(chatter('self'), { id: 'self', ...options });
      for (let ball = 0; ball < 5; ball += 1) for (const ref of [ping, self]) ref.send({ type: 'BALL' });
      await system.stop();
      expect([ping, pong, self].map((ref) => ref.getSnapshot().status)).to.deep.equal(
        Array(3).fill('stopped'),
      );
      const dead = system.deadLetters();
      expect(dead.length, 'each ball is lost once').to.be.within(10, 13);
      for (const { reason } of dead) expect(reason).to.be.oneOf(['stopped', 'unknown']);
    }
  });

  it('does not wait for a restart in its backoff, nor for one of a whole supervisor', async () => {
    const { clock, system } = world({ intensity: 5, backoff: { type: 'fixed', delayMs: 60_000 } });
    let starts = 0;
    const failing = fromCallback(() => {
      starts += 1;
      throw new Error('planted');
    });
    const alone = system.spawn(failing);
    const pool = system.supervisor('pool', { intensity: 0 });
    const pooled = pool.spawn(failing);
    await clock.settle();
    expect(clock.pending, 'both wait').to.equal(2);
    await system.stop();
    const exits = await Promise.all([alone.exited, pooled.exited, pool.exited]);
    expect(exits.map(({ type }) => type)).to.deep.equal(['abnormal', 'abnormal', 'abnormal']);
    await clock.advance(120_000);
    expect([starts, clock.pending]).to.deep.equal([2, 0]);
  });

  it('aborts a promise logic that never settles: at once, or after shutdownMs where it is told first', async () => {
    const { clock, system } = world();
    const told = system.spawn(endless, { stopEvent: { type: 'STOP' }, shutdownMs: 100 });
    const untold = system.spawn(endless);
    const stopped = system.stop();
    await clock.settle();
    expect(await untold.exited).to.deep.equal({ type: 'stopped' });
    expect(system.get(told.id), 'has its time').to.equal(told);
    await clock.advance(100);
    await stopped;
    expect(await told.exited).to.deep.equal({ type: 'stopped' });
    expect(clock.pending).to.equal(0);
  });

  it('gets past whoever throws while it does: subscribers, handlers, listeners, disposers', async () => {
    const { clock, system, lines } = world();
    const throwing = (what: string) => () => {
      throw new Error(`planted ${what}`);
    };
    const first = system.spawn(setup({}).createMachine({}), { id: 'first' });
    const watched = system.spawn(setup({}).createMachine({}), { id: 'watched' });
    watched.subscribe({ next: throwing('next'), complete: throwing('complete') });
    const disposed = system.spawn(fromCallback(() => throwing('disposer')));
    disposed.subscribe({ error: throwing('error') });
    system.on('exit', throwing('listener'));
    system.on('deadLetter', throwing('letter'));
    watched.send({ type: 'any' });
    const stopped = system.stop();
    // The last in line, so it takes nothing any more.
    disposed.send({ type: 'late' });
    await stopped;
    const exits = await Promise.all([first, watched, disposed].map(({ exited }) => exited));
    expect(exits.map(({ type }) => type)).to.deep.equal(['stopped', 'stopped', 'abnormal']);
    for (const what of ['next', 'complete', 'disposer', 'error', 'listener', 'letter'])
      expect(lines.join(), what).to.contain(`planted ${what}`);
    expect(clock.pending).to.equal(0);
  });

  it('takes nobody on: not from a chart, not from a listener; a nested supervisor, only until its turn', async () => {
    const { clock, system } = world();
    const answers: unknown[] = [];
    const spawn = (under: Pick<typeof system, 'spawn'>) => {
      try {
        return under.spawn(endless);
      } catch (error) {
        answers.push(isConclaveError(error) ? error.code : error);
        return undefined;
      }
    };
    const pool = system.supervisor('pool');
    const member = pool.spawn(endless);
    system.on('exit', ({ id }) => void spawn(id === member.id ? pool : system));
    system.spawn(setup({}).createMachine({ on: { STOP: { actions: () => void spawn(system) } } }), {
      stopEvent: { type: 'STOP' },
      shutdownMs: 10,
    });
    const stopped = system.stop();
    const late = pool.spawn(endless);
    await clock.advance(10);
    await stopped;
    expect(answers).to.deep.equal(Array(4).fill('ShuttingDown'));
    expect(await late.exited, 'stopped with the rest').to.deep.equal({ type: 'stopped' });
    expect(spawn(pool)).to.equal(undefined);
    expect(clock.pending).to.equal(0);
  });
});

describe('a burst of sends', () => {
  it('leaves nothing behind in memory, in one flood or in many', async () => {
    const { clock, system } = world({ mailboxCapacity: 600_000 });
    let seen = 0;
    const sink = system.spawn(
      fromTransition((state: null) => {
        seen += 1;
        return state;
      }, null),
    );
    const send = async (count: number) => {
      for (let index = 0; index < count; index += 1) sink.send({ type: 'DROP' });
      await clock.settle();
    };
    await send(10_000);
    const beforeBytes = heapBytes();
    await send(600_000);
    for (let flood = 0; flood < 40; flood += 1) await send(10_000);
    expect(seen).to.equal(1_010_000);
    expect(heapBytes() - beforeBytes).to.be.below(2_000_000);
    await system.stop();
  }).timeout(60_000);
});

/** What is reachable: the heap after a full collection. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  return process.memoryUsage().heapUsed;
}
