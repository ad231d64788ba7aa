import { expect } from 'chai';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import { encode } from '../../../lib/core/value.js';
import { testEnvelope } from '../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { collect, rejection } from './fakes.js';
import { FaultyBroker } from './faulty-broker.js';
import { type Bench, bench, drive, square } from './inline.js';

/** Answers, fails, or stays away for ever, as its payload says; and counts how often it ran. */
function countedAgent() {
  const ran: unknown[] = [];
  const job = defineAgent({
    name: 'job',
    attempts: 1,
    handle: async (payload: { n: number; fails?: boolean; hangs?: boolean }, { signal }) => {
      ran.push(payload.n);
      if (payload.hangs === true)
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      if (payload.fails === true) throw new TypeError(`no ${payload.n}`);
      return payload.n * 2;
    },
  });
  return { job, ran };
}

/** A broker that outlives its coalitions, whose sessions have names of their own. */
function outliving(promises = { durable: true, shared: false }) {
  const clock = new ManualClock();
  const broker = new FaultyBroker(new InMemoryBroker({ clock }), promises);
  let sessions = 0;
  const { job, ran } = countedAgent();
  const start = async (options: object = {}): Promise<Bench> => {
    sessions += 1;
    let count = 0;
    const prefix = `${sessions}`;
    const ids = {
      next: (name: string) => {
        count += 1;
        return `${name}-${prefix}-${count}`;
      },
    };
    const started = await bench({ job, square }, { clock, broker, ids, name: 'spec', ...options });
    // A receive that nobody waits for any more ends with the broker, which others may still use.
    return { ...started, end: (ending) => started.run(started.coalition.shutdown(ending)) };
  };
  const close = async () => {
    await drive(clock, broker.close({ drain: false, deadlineMs: 0 }));
    expect(clock.pending, 'timers left').to.equal(0);
  };
  return { clock, broker, ran, start, close };
}

describe('answers that outlive the process that asked', () => {
  it('are found by the id of their task, the caller’s own or the one it was given', async () => {
    const { ran, start, close } = outliving();
    const before = await start();
    const own = await before.run(before.coalition.submit('job', { n: 1 }, { id: 'own' }));
    const given = await before.run(before.coalition.submit('job', { n: 2 }));
    await before.run(Promise.all([own.result(), given.result()]));
    await before.end();
    const after = await start();
    const [found, other] = [after.coalition.task('own'), after.coalition.task(given.id)];
    expect(found).to.include({ id: 'own', agent: '', state: 'waiting', durable: true });
    expect(await after.run(Promise.all([found?.result(), other?.result()]))).to.deep.equal([2, 4]);
    expect(found).to.include({ agent: 'job', state: 'completed' });
    expect(found?.cancel()).to.equal(false);
    expect(ran).to.deep.equal([1, 2]);
    await after.end();
    await close();
  });

  it('make a submit of the same id the same task, which is not run again', async () => {
    const { ran, start, close } = outliving();
    const before = await start();
    const first = await before.run(before.coalition.submit('job', { n: 1 }, { id: 'own' }));
    await before.run(first.result());
    await before.end();
    const after = await start();
    const again = await after.run(after.coalition.submit('job', { n: 1 }, { id: 'own' }));
    expect(again).to.include({ id: 'own', agent: 'job' });
    expect(await after.run(again.result())).to.equal(2);
    expect(ran).to.deep.equal([1]);
    const { completed, cancelled } = await after.end();
    expect({ completed, cancelled }).to.deep.equal({ completed: 0, cancelled: 0 });
    await close();
  });

  it('hold a failure with its code, its message and its cause', async () => {
    const { start, close } = outliving();
    const before = await start();
    const failing = await before.run(before.coalition.submit('job', { n: 3, fails: true }));
    const error = await before.run(rejection(failing.result()));
    await before.end();
    const after = await start();
    const found = await after.run(rejection(after.coalition.task(failing.id)?.result() ?? Promise.resolve()));
    expect(found).to.include({ name: 'HandlerFailed', code: 'HandlerFailed', message: error.message });
    expect(found.cause).to.include({ name: 'TypeError', message: 'no 3' });
    await after.end();
    await close();
  });

  it('come from the task itself when it was still to be run', async () => {
    const { ran, start, close } = outliving();
    const before = await start();
    const hanging = await before.run(before.coalition.submit('job', { n: 4, hangs: true }, { id: 'a' }));
    await before.run(before.coalition.submit('job', { n: 5 }, { id: 'b', delayMs: 500 }));
    await before.clock.advance(20);
    const report = await before.end({ graceMs: 0 });
    expect(report).to.deep.equal({ completed: 0, requeued: 2, deadLettered: 0, abandoned: 0, cancelled: 0 });
    const error = await rejection(hanging.result());
    expect(error).to.include({ name: 'ShuttingDown' });
    expect(error.message).to.match(
      /before this task was done. It is on .+ still, and runs when ".+" is started again/,
    );
    const after = await start();
    expect(await after.run(after.coalition.task('b')?.result() ?? Promise.resolve())).to.equal(10);
    expect(ran).to.deep.equal([4, 4, 5]);
    await after.end({ graceMs: 0 });
    await close();
  });

  it('are waited for as long as one likes, and no longer: nobody knows whether there is such a task', async () => {
    const { clock, start, close } = outliving();
    const { coalition, run, end } = await start();
    const task = coalition.task('never');
    const untilMs = clock.nowMs() + 30_000;
    const unknown = await run(rejection(task?.result() ?? Promise.resolve()));
    expect(unknown).to.include({ name: 'Timeout' });
    expect(unknown.message).to.match(/^faulty had no answer to task never after 30000 ms: .*there never was/);
    expect(clock.nowMs()).to.be.within(untilMs, untilMs + 1_000);
    expect(await run(rejection(task?.result({ timeoutMs: 0 }) ?? Promise.resolve()))).to.include({
      name: 'Timeout',
    });
    const leaving = new AbortController();
    const left = rejection(task?.result({ signal: leaving.signal }) ?? Promise.resolve());
    leaving.abort(new Error('left'));
    expect((await run(left)).message).to.equal('left');
    await end();
    await close();
  });

  it('are kept of what has a handle, and of no map', async () => {
    const { broker, start, close } = outliving();
    const { coalition, run, end } = await start();
    await run(collect(coalition.map('square', [{ n: 1 }, { n: 2 }])));
    const [task] = await run(coalition.submitAll('square', [{ n: 3 }]));
    await run(task?.result() ?? Promise.resolve());
    const kept = await Promise.all(
      [1, 2, 3].map((seq) => broker.answers.find(`session-1-1:${seq}` as never)),
    );
    expect(kept.map((answer) => answer !== undefined)).to.deep.equal([false, false, true]);
    await end();
    await close();
  });

  it('are not made for a query that died with its process: its tasks are dropped, and that is told', async () => {
    const { clock, broker, ran, start, close } = outliving();
    const { coalition, run, end } = await start();
    const told: object[] = [];
    coalition.on('task', (event) => told.push(event));
    const payload = encode({ n: 9 });
    const ofQuery = { agent: 'job', payload, headers: { query: 'dead', loop: '1', stage: '0' } };
    await broker.publish('spec.tasks', [
      testEnvelope(1, { producer: 'earlier', ...ofQuery }),
      testEnvelope(2, { producer: 'earlier', agent: 'job', payload }),
    ]);
    await run(clock.advance(300));
    expect(ran).to.deep.equal([9]);
    expect(told).to.deep.include({
      id: 'earlier:1',
      agent: 'job',
      state: 'cancelled',
      reason: 'its query ended with the process that ran it',
    });
    expect(await broker.depth('spec.tasks')).to.include({ ready: 0, inFlight: 0 });
    expect(await end()).to.include({ completed: 0, cancelled: 0 });
    await close();
  });

  it('are nowhere where the broker dies with its process', async () => {
    const { coalition, end } = await bench({ square });
    expect(coalition.task('never')).to.equal(undefined);
    await end();
  });
});

describe('answers from another pool', () => {
  it('reach submit, submitAll and map of a coalition without workers, failures too', async () => {
    const { start, close } = outliving({ durable: false, shared: true });
    const front = await start({ workers: 0 });
    const pool = await start();
    const { coalition, run } = front;
    const own = await run(coalition.submit('job', { n: 1 }, { id: 'own' }));
    const many = await run(coalition.submitAll('square', [{ n: 2 }, { n: 3 }]));
    const failing = await run(coalition.submit('job', { n: 4, fails: true }));
    expect(await run(Promise.all([own, ...many].map((task) => task.result())))).to.deep.equal([2, 4, 9]);
    expect(await run(rejection(failing.result()))).to.include({ code: 'HandlerFailed' });
    const inputs = Array.from({ length: 700 }, (_, n) => ({ n }));
    const squares = await run(collect(coalition.map('square', inputs, { concurrency: 300 })));
    expect(squares).to.deep.equal(inputs.map(({ n }) => n * n));
    expect(coalition.task('own')).to.include({ state: 'completed' });
    expect(await pool.end()).to.deep.equal({
      completed: 0,
      requeued: 0,
      deadLettered: 0,
      abandoned: 0,
      cancelled: 0,
    });
    expect(await front.end()).to.include({ completed: 703, deadLettered: 1, requeued: 0 });
    expect([...front.faults, ...pool.faults]).to.deep.equal([]);
    await close();
  });

  it('are not waited for by a shutdown of that pool, which waits for its own alone', async () => {
    const { clock, start, close } = outliving({ durable: false, shared: true });
    const front = await start({ workers: 0 });
    const pool = await start();
    const task = await front.run(front.coalition.submit('job', { n: 1, hangs: true }));
    await clock.advance(20);
    const sinceMs = clock.nowMs();
    await pool.end();
    expect(clock.nowMs() - sinceMs).to.be.below(5_000);
    expect(task.state).to.equal('waiting');
    expect(await front.end({ graceMs: 0 })).to.include({ requeued: 1, abandoned: 0 });
    await close();
  });
});
