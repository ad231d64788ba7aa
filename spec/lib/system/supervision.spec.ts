import { expect } from 'chai';
import fc from 'fast-check';
import { assign, fromCallback, fromPromise, setup } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import { seededRandom } from '../../../lib/core/random.js';
import type { RestartType } from '../../../lib/supervision/child.js';
import { oneForOne, type SupervisionStrategy } from '../../../lib/supervision/strategy.js';
import type { SystemOptions } from '../../../lib/system/options.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function world(options: SystemOptions = {}) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const system = createSystem({ clock, ids: countingIds(), random: seededRandom(1), log, ...options });
  const exits: string[] = [];
  const restarts: { id: string; attempt: number; delayMs: number }[] = [];
  const escalated: string[] = [];
  system.on('exit', ({ id, exit }) => exits.push(`${id} ${exit.type}`));
  system.on('restart', ({ id, attempt, delayMs }) => restarts.push({ id, attempt, delayMs }));
  system.on('escalated', ({ supervisor }) => escalated.push(supervisor));
  return { clock, system, lines, exits, restarts, escalated };
}

type WorkerEvent = { type: 'FAIL' } | { type: 'END' } | { type: 'NOTE'; text: string };

/** Counts its starts, and ends as it is told. */
function worker(onStart: () => void = () => undefined) {
  return setup({
    types: { events: {} as WorkerEvent, context: {} as { notes: readonly string[] } },
    actions: {
      started: onStart,
      fail: () => {
        throw new Error('planted');
      },
    },
  }).createMachine({
    context: { notes: [] },
    initial: 'up',
    entry: 'started',
    on: { NOTE: { actions: assign({ notes: ({ context, event }) => [...context.notes, event.text] }) } },
    states: { up: { on: { FAIL: { actions: 'fail' }, END: 'ended' } }, ended: { type: 'final' } },
  });
}

const restartType = fc.constantFrom<RestartType>('permanent', 'transient', 'temporary');
const schedule = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 3_000 }),
    type: fc.constantFrom('FAIL' as const, 'END' as const),
  }),
  { maxLength: 12 },
);

/** The rules once more, written down as one reads them. */
function expected(
  restart: RestartType,
  intensity: number,
  steps: readonly { afterMs: number; type: 'FAIL' | 'END' }[],
): { starts: number; gaveUp: boolean; lives: boolean } {
  const periodMs = 5_000;
  const times: number[] = [];
  let nowMs = 0;
  for (const { afterMs, type } of steps) {
    nowMs += afterMs;
    const again = restart === 'permanent' || (restart === 'transient' && type === 'FAIL');
    if (!again) return { starts: times.length + 1, gaveUp: false, lives: false };
    const recent = times.filter((timeMs) => nowMs - timeMs <= periodMs);
    if (recent.length >= intensity) return { starts: times.length + 1, gaveUp: true, lives: false };
    times.push(nowMs);
  }
  return { starts: times.length + 1, gaveUp: false, lives: true };
}

describe('a system under supervision', () => {
  it('restarts by type, kind of exit and intensity, whatever the schedule of crashes', async () => {
    await fc.assert(
      fc.asyncProperty(
        restartType,
        fc.integer({ min: 0, max: 4 }),
        schedule,
        async (restart, intensity, steps) => {
          const { clock, system, escalated } = world({ intensity, periodMs: 5_000 });
          let starts = 0;
          const ref = system.spawn(
            worker(() => {
              starts += 1;
            }),
            { id: 'worker', restart },
          );
          for (const { afterMs, type } of steps) {
            await clock.advance(afterMs);
            ref.send({ type });
            await clock.settle();
          }
          const oracle = expected(restart, intensity, steps);
          expect({
            starts,
            gaveUp: escalated.length > 0,
            lives: system.get('worker') !== undefined,
          }).to.deep.equal(oracle);
          await system.stop();
          expect(clock.pending).to.equal(0);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives up by stopping the others in reverse order, then itself, and says why', async () => {
    const { clock, system, exits, escalated, lines } = world({ intensity: 1 });
    const [first, , third] = ['a', 'b', 'c'].map((id) => system.spawn(worker(), { id }));
    third?.send({ type: 'FAIL' });
    await clock.settle();
    third?.send({ type: 'FAIL' });
    const exit = await system.exited;
    expect(exits).to.deep.equal(['c abnormal', 'c abnormal', 'b stopped', 'a stopped']);
    expect(escalated).to.deep.equal(['root']);
    expect(exit.type === 'abnormal' && isConclaveError(exit.error, 'RestartLimit')).to.equal(true);
    expect(first?.send({ type: 'END' })).to.equal(false);
    expect(lines.join()).to.contain("Supervisor 'root' allows 1 restarts in 5000 ms");
    await system.stop();
    expect(clock.pending).to.equal(0);
  });

  it('leaves no zombie behind a constructor or an entry that throws, and logs the loop', async () => {
    const { clock, system, lines, exits } = world({ intensity: 2 });
    let children = 0;
    const child = fromCallback(() => {
      children += 1;
      return () => {
        children -= 1;
      };
    });
    const broken = setup({ actors: { child } }).createMachine({
      invoke: { src: 'child', systemId: 'keyed' },
      initial: 'up',
      states: {
        up: {
          entry: () => {
            throw new Error('entry');
          },
        },
      },
    });
    const ref = system.spawn(broken, { id: 'broken' });
    expect((await ref.exited).type).to.equal('abnormal');
    expect(children).to.equal(0);
    expect(exits).to.deep.equal(['broken abnormal', 'broken abnormal', 'broken abnormal']);
    expect(lines.filter((line) => line.includes("'broken' crashed"))).to.have.length(3);

    const other = world();
    const unborn = setup({}).createMachine({
      context: () => {
        throw new Error('constructor');
      },
    });
    const gone = other.system.spawn(unborn, { id: 'gone', restart: 'temporary' });
    expect((await gone.exited).type).to.equal('abnormal');
    expect(other.system.get('gone')).to.equal(undefined);
    await other.system.stop();
    expect(clock.pending + other.clock.pending).to.equal(0);
  });

  it('waits for the backoff before a restart; mail that comes meanwhile is kept', async () => {
    const backoff = { type: 'exponential', delayMs: 100, delayMsMax: 1_000, jitter: 0 } as const;
    const { clock, system, restarts } = world({ intensity: 10, backoff });
    let starts = 0;
    const ref = system.spawn(
      worker(() => {
        starts += 1;
      }),
      { id: 'worker' },
    );
    ref.send({ type: 'FAIL' });
    await clock.settle();
    expect(ref.send({ type: 'NOTE', text: 'meanwhile' })).to.equal(true);
    await clock.advance(99);
    expect(starts).to.equal(1);
    await clock.advance(1);
    expect(starts).to.equal(2);
    expect(ref.getSnapshot().context.notes).to.deep.equal(['meanwhile']);
    ref.send({ type: 'FAIL' });
    await clock.advance(200);
    expect(restarts.map(({ attempt, delayMs }) => [attempt, delayMs])).to.deep.equal([
      [1, 100],
      [2, 200],
    ]);
    await clock.advance(5_001);
    ref.send({ type: 'FAIL' });
    await clock.settle();
    expect(restarts[2], 'a long life forgives').to.deep.include({ attempt: 1, delayMs: 100 });
    await system.stop();
  });

  it('resurrects nobody who is stopped while waiting for a restart, by name or with the system', async () => {
    const backoff = { type: 'fixed', delayMs: 100 } as const;
    for (const way of ['reference', 'system'] as const) {
      const { clock, system } = world({ intensity: 10, backoff });
      let starts = 0;
      const ref = system.spawn(
        worker(() => {
          starts += 1;
        }),
      );
      ref.send({ type: 'FAIL' });
      ref.send({ type: 'NOTE', text: 'left over' });
      await clock.settle();
      if (way === 'reference') await ref.stop();
      else await system.stop();
      expect(clock.pending, way).to.equal(0);
      await clock.advance(1_000);
      expect(starts, way).to.equal(1);
      expect((await ref.exited).type).to.equal('abnormal');
      expect(system.deadLetters().map(({ reason }) => reason)).to.deep.equal(['crashed', 'stopped']);
      await system.stop();
    }
  });

  it('counts a nested supervisor for itself; when it gives up, the one above starts it again with its children', async () => {
    const { clock, system, escalated, exits } = world({ intensity: 1 });
    const pool = system.supervisor('pool', { intensity: 1 });
    const steady = system.spawn(worker(), { id: 'steady' });
    const a = pool.spawn(worker(), { id: 'a' });
    const b = pool.spawn(worker(), { id: 'b' });
    const once = pool.spawn(worker(), { id: 'once', restart: 'temporary' });
    b.send({ type: 'NOTE', text: 'before' });
    await clock.settle();
    steady.send({ type: 'FAIL' });
    a.send({ type: 'FAIL' });
    await clock.settle();
    expect(escalated).to.deep.equal([]);
    a.send({ type: 'FAIL' });
    await clock.settle();
    // The root's second restart within the period: two are one too many.
    expect(escalated).to.deep.equal(['pool', 'root']);
    expect(exits).to.include('b stopped');
    expect((await once.exited).type).to.equal('stopped');
    expect((await system.exited).type).to.equal('abnormal');

    const roomy = world({ intensity: 5 });
    const nested = roomy.system.supervisor('pool', { intensity: 0 });
    const left = nested.spawn(worker(), { id: 'left' });
    const right = nested.spawn(worker(), { id: 'right' });
    const brief = nested.spawn(worker(), { id: 'brief', restart: 'temporary' });
    right.send({ type: 'NOTE', text: 'before' });
    left.send({ type: 'FAIL' });
    await roomy.clock.settle();
    expect(roomy.escalated).to.deep.equal(['pool']);
    expect((await brief.exited).type, 'temporary').to.equal('stopped');
    expect(roomy.system.get('brief')).to.equal(undefined);
    expect(right.getSnapshot().context.notes, 'a fresh incarnation').to.deep.equal([]);
    right.send({ type: 'NOTE', text: 'after' });
    left.send({ type: 'NOTE', text: 'after' });
    await roomy.clock.settle();
    expect(right.getSnapshot().context.notes).to.deep.equal(['after']);
    expect(left.getSnapshot().context.notes).to.deep.equal(['after']);
    await nested.stop();
    expect(await nested.exited).to.deep.equal({ type: 'stopped' });
    expect(roomy.system.get('right')).to.equal(undefined);
    await roomy.system.stop();
    expect(roomy.clock.pending).to.equal(0);
  });

  it('keeps a supervisor with a backoff alive through its own restart', async () => {
    const { clock, system } = world({ intensity: 5, backoff: { type: 'fixed', delayMs: 50 } });
    const pool = system.supervisor('pool', { intensity: 0, backoff: { type: 'fixed', delayMs: 30 } });
    const a = pool.spawn(worker(), { id: 'a' });
    for (let round = 0; round < 3; round += 1) {
      a.send({ type: 'FAIL' });
      await clock.advance(49);
      const late = round === 0 ? pool.spawn(worker(), { id: 'late' }) : undefined;
      await clock.advance(1);
      if (late !== undefined) expect(late.getSnapshot().value).to.equal('up');
      a.send({ type: 'NOTE', text: 'up' });
      await clock.settle();
      expect(a.getSnapshot().context.notes).to.deep.equal(['up']);
    }
    await system.stop();
    expect(clock.pending).to.equal(0);
  });
});

describe('a system given code that throws', () => {
  it('takes a strategy that throws for a crash of the supervisor, and stops all it had', async () => {
    const strategy = () => {
      throw new Error('planted strategy');
    };
    const { clock, system, lines, exits } = world({ intensity: 5 });
    const pool = system.supervisor('pool', { strategy, intensity: 5, restart: 'temporary' });
    const a = pool.spawn(worker(), { id: 'a' });
    pool.spawn(worker(), { id: 'b' });
    a.send({ type: 'FAIL' });
    expect((await pool.exited).type).to.equal('abnormal');
    expect(exits).to.deep.equal(['a abnormal', 'b stopped']);
    expect(lines.join()).to.contain('planted strategy');
    expect(system.spawn(worker(), { id: 'a' }).getSnapshot().value, 'the id is free again').to.equal('up');
    await system.stop();
    expect(clock.pending).to.equal(0);
  });

  it('starts all of them again where the supervisor is permanent, whatever was still being said of the old ones', async () => {
    let calls = 0;
    const strategy: SupervisionStrategy = (children, failed) => {
      calls += 1;
      if (calls === 1) throw new Error('planted strategy');
      return oneForOne(children, failed);
    };
    const { clock, system } = world({ intensity: 5 });
    const pool = system.supervisor('pool', { strategy, intensity: 5 });
    const [a, b] = ['a', 'b'].map((id) => pool.spawn(worker(), { id }));
    a?.send({ type: 'FAIL' });
    await clock.settle();
    expect([a, b].map((ref) => ref?.send({ type: 'NOTE', text: 'up' }))).to.deep.equal([true, true]);
    await clock.settle();
    expect([a, b].map((ref) => ref?.getSnapshot().context.notes)).to.deep.equal([['up'], ['up']]);
    await system.stop();
  });

  it('restarts at once after a backoff that throws or gives no number, and says so', async () => {
    const broken = [
      () => Number.NaN,
      () => {
        throw new Error('planted backoff');
      },
    ];
    for (const backoff of broken) {
      const { clock, system, lines, restarts } = world({ backoff });
      const ref = system.spawn(worker(), { id: 'a' });
      ref.send({ type: 'FAIL' });
      await clock.settle();
      expect(restarts).to.deep.equal([{ id: 'a', attempt: 1, delayMs: 0 }]);
      expect(lines.join()).to.contain("The backoff of 'root' failed");
      await system.stop();
    }
  });

  it('outlives a log that throws', async () => {
    const clock = new ManualClock();
    const printed: unknown[] = [];
    const print = console.error;
    console.error = (line) => printed.push(line);
    try {
      const log = () => {
        throw new Error('planted log');
      };
      const system = createSystem({ clock, log });
      const ref = system.spawn(worker());
      ref.send({ type: 'FAIL' });
      ref.send({ type: 'NOTE', text: 'after' });
      await clock.settle();
      expect(ref.getSnapshot().context.notes).to.deep.equal(['after']);
      await system.stop();
    } finally {
      console.error = print;
    }
    expect(printed.join()).to.contain('crashed');
  });

  it('keeps the mail of those who wait for their supervisor to come back', async () => {
    const { clock, system } = world({ intensity: 5, backoff: { type: 'fixed', delayMs: 50 } });
    const pool = system.supervisor('pool', { intensity: 0 });
    const a = pool.spawn(worker(), { id: 'a' });
    const b = pool.spawn(worker(), { id: 'b' });
    a.send({ type: 'FAIL' });
    await clock.advance(10);
    expect([a, b].map((ref) => ref.send({ type: 'NOTE', text: 'kept' }))).to.deep.equal([true, true]);
    await clock.advance(50);
    expect([a, b].map((ref) => ref.getSnapshot().context.notes)).to.deep.equal([['kept'], ['kept']]);
    await system.stop();
  });
});

describe('stopping a system', () => {
  it('goes in reverse order, each after its mailbox', async () => {
    const { clock, system, exits } = world();
    const refs = ['a', 'b', 'c'].map((id) => system.spawn(worker(), { id }));
    for (const [index, ref] of refs.entries()) {
      for (let note = 0; note <= index; note += 1) ref.send({ type: 'NOTE', text: `${note}` });
    }
    await system.stop({ graceMs: 60_000 });
    expect(exits).to.deep.equal(['c stopped', 'b stopped', 'a stopped']);
    expect(clock.pending, 'the grace is over too').to.equal(0);
    expect(refs.map((ref) => ref.getSnapshot().context.notes.length)).to.deep.equal([1, 2, 3]);
    expect(system.deadLetters()).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
    await system.stop();
  });

  it('tells those who asked for it to stop, and waits for their final state, up to shutdownMs', async () => {
    const { clock, system } = world();
    const slow = setup({ types: { output: {} as string } }).createMachine({
      output: 'done properly',
      initial: 'up',
      states: {
        up: { on: { STOP: 'leaving' } },
        leaving: { after: { 1000: 'ended' } },
        ended: { type: 'final' },
      },
    });
    const stopEvent = { type: 'STOP' };
    const polite = system.spawn(slow, { stopEvent });
    const cut = system.spawn(slow, { stopEvent, shutdownMs: 400 });
    const stopped = system.stop();
    await clock.advance(400);
    expect(await cut.exited).to.deep.equal({ type: 'stopped' });
    await clock.advance(1_000);
    expect(await polite.exited).to.deep.equal({ type: 'normal', output: 'done properly' });
    await stopped;
    expect(clock.pending).to.equal(0);
  });

  it('cuts everything short once the grace is over', async () => {
    const { clock, system } = world();
    const stubborn = setup({}).createMachine({ on: { STOP: {} } });
    const refs = [1, 2].map(() =>
      system.spawn(stubborn, { stopEvent: { type: 'STOP' }, shutdownMs: 60_000 }),
    );
    const stopped = system.stop({ graceMs: 100 });
    await clock.advance(99);
    expect(refs[1]?.send({ type: 'any' }), 'still running').to.equal(true);
    await clock.advance(1);
    await stopped;
    expect(clock.pending).to.equal(0);
  });

  it('can be asked for by an actor, and by an actor for itself', async () => {
    const { clock, system } = world();
    const suicidal = setup({ types: { events: {} as { type: 'GO' } } }).createMachine({
      on: { GO: { actions: () => void system.get('self')?.stop() } },
    });
    const ref = system.spawn(suicidal, { id: 'self' });
    ref.send({ type: 'GO' });
    expect(await ref.exited).to.deep.equal({ type: 'stopped' });
    const last = system.spawn(
      setup({}).createMachine({ on: { GO: { actions: () => void system.stop({ graceMs: 0 }) } } }),
    );
    last.send({ type: 'GO' });
    await clock.advance(1);
    expect((await system.exited).type).to.equal('stopped');
    expect(clock.pending).to.equal(0);
  });

  it('leaves neither timer nor actor, whatever the moment', async () => {
    const delayed = setup({
      actions: {
        fail: () => {
          throw new Error('planted');
        },
      },
    }).createMachine({
      initial: 'waiting',
      states: { waiting: { after: { 70: 'failing' } }, failing: { entry: 'fail' } },
    });
    const job = fromPromise(() => new Promise(() => undefined));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 90 }),
        async (atMs, delayMs) => {
          const { clock, system } = world({ intensity: 3, backoff: { type: 'fixed', delayMs } });
          const pool = system.supervisor('pool', {
            intensity: 1,
            backoff: { type: 'fixed', delayMs: delayMs / 2 },
          });
          const refs = [system.spawn(delayed), pool.spawn(delayed), pool.spawn(job), system.spawn(worker())];
          await clock.advance(atMs);
          const stopped = system.stop();
          await clock.settle();
          await stopped;
          expect(clock.pending).to.equal(0);
          for (const ref of refs) expect(system.get(ref.id)).to.equal(undefined);
          await clock.advance(1_000);
          expect(clock.pending).to.equal(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
