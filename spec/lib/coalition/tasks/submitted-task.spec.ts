import { expect } from 'chai';
import { SubmittedTask, type TaskDesk } from '../../../../lib/coalition/tasks/submitted-task.js';
import type { ResultOptions } from '../../../../lib/coalition/tasks/task.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { encode } from '../../../../lib/core/value.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { rejection } from '../fakes.js';

describe('submitted task', () => {
  let clock: ManualClock;
  let desk: TaskDesk & { running: number; ends: number; reasons: unknown[] };
  let task: SubmittedTask;

  beforeEach(() => {
    clock = new ManualClock();
    desk = {
      clock,
      durable: false,
      idOf: String,
      running: 0,
      ends: 0,
      reasons: [],
      isRunning: (seq) => seq === desk.running,
      cancel: (tasks, reason) => desk.reasons.push(reason) * tasks.length,
      ended: () => {
        desk.ends += 1;
      },
    };
    task = new SubmittedTask(7, 'id', 'square', desk);
  });

  afterEach(() => expect(clock.pending, 'timers left').to.equal(0));

  it('wakes everybody who waits, each with a copy of its own', async () => {
    const waiting = [task.result(), task.result({ timeoutMs: 1_000 })];
    expect(task.state).to.equal('waiting');
    task.answered(7, encode({ n: 1 }));
    const [one, two] = await Promise.all(waiting);
    expect([one, two, await task.result()]).to.deep.equal([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(one).to.not.equal(two);
    expect(task.state).to.equal('completed');
  });

  it('keeps its first ending, and tells its desk of it once', async () => {
    task.failed(7, new Error('first'));
    task.answered(7, encode(2));
    task.cancelled('late');
    expect(await rejection(task.result())).to.include({ message: 'first' });
    expect(task.state).to.equal('failed');
    expect(desk.ends).to.equal(1);
  });

  it('is running while a worker has it, and counts its tries', () => {
    expect([task.state, task.attempt]).to.deep.equal(['waiting', 1]);
    desk.running = 7;
    expect([task.state, task.attempt]).to.deep.equal(['running', 1]);
    desk.running = 0;
    task.retried(7, 2);
    expect([task.state, task.attempt]).to.deep.equal(['waiting', 2]);
    task.retried(7, 3);
    task.answered(7, encode(1));
    desk.running = 7;
    expect([task.state, task.attempt]).to.deep.equal(['completed', 3]);
  });

  it('asks its desk to cancel it, and has an ending that names the reason', async () => {
    const reason = new Error('no longer needed');
    expect(task.cancel(reason)).to.equal(true);
    expect(desk.reasons).to.deep.equal([reason]);
    const waiting = rejection(task.result({ timeoutMs: 1_000 }));
    task.cancelled(reason);
    for (const error of [await waiting, await rejection(task.result())]) {
      expect(error).to.be.instanceOf(ConclaveError).and.include({ code: 'Cancelled', cause: reason });
      expect(error.message).to.equal('Task id ("square") was cancelled: no longer needed');
    }
    expect(task.state).to.equal('cancelled');
    expect(task.cancel()).to.equal(false);
    expect(desk.reasons).to.have.length(1);
  });

  it('can be cancelled without a reason', async () => {
    task.cancelled(undefined);
    expect(await rejection(task.result())).to.include({ message: 'Task id ("square") was cancelled.' });
  });

  it('says no to a cancel that comes too late at its desk', () => {
    desk.cancel = () => 0;
    expect(task.cancel()).to.equal(false);
    expect(task.state).to.equal('waiting');
  });

  it('does no harm with a failure that nobody asks for', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    task.failed(7, new Error('nobody asks'));
    await new Promise<void>((resolve) => {
      new ManualClock().defer(resolve);
      process.nextTick(resolve);
    });
    await clock.settle();
    process.off('unhandledRejection', listen);
    expect(unhandled).to.deep.equal([]);
  });

  it('stops waiting after timeoutMs, and can be asked again', async () => {
    const waiting = rejection(task.result({ timeoutMs: 50 }));
    await clock.advance(50);
    const error = await waiting;
    expect(error).to.include({ name: 'Timeout', code: 'Timeout' });
    expect(error.message).to.contain('50 ms').and.contain('id');
    task.answered(7, encode(5));
    expect(await task.result({ timeoutMs: 50 })).to.equal(5);
  });

  it('stops waiting when the signal aborts, also one that did so before', async () => {
    const leaving = new AbortController();
    const waiting = rejection(task.result({ signal: leaving.signal, timeoutMs: 1_000 }));
    leaving.abort(new Error('left'));
    expect(await waiting).to.include({ message: 'left' });
    expect(await rejection(task.result({ signal: leaving.signal }))).to.include({ message: 'left' });
    task.answered(7, encode(5));
    expect(await task.result({ signal: leaving.signal })).to.equal(5);
  });

  const wrong: readonly [object, RegExp][] = [
    [{ timeoutMs: -1 }, /^timeoutMs must be a whole number from 0/],
    [{ timeoutMs: '5' }, /^timeoutMs .* not '5'/],
    [{ signal: {} }, /^signal must be an AbortSignal/],
    [{ timeout: 5 }, /^There is no option "timeout"; the options of result are timeoutMs, signal\.$/],
  ];
  for (const [options, message] of wrong) {
    it(`refuses to be asked with ${JSON.stringify(options)}`, async () => {
      const error = await rejection(task.result(options as ResultOptions));
      expect(error).to.include({ code: 'InvalidOption' });
      expect(error.message).to.match(message);
    });
  }

  it('knows about how much memory its ending takes', () => {
    expect(task.endingBytes).to.equal(0);
    const failed = new SubmittedTask(8, 'b', 'square', desk);
    const crossed = Object.assign(new Error('x'.repeat(100)), { stack: 'y'.repeat(1_000) });
    failed.failed(8, new ConclaveError('HandlerFailed', 'z'.repeat(10), { cause: crossed }));
    expect(failed.endingBytes).to.equal(1_110);
    task.answered(7, encode('ä'.repeat(10)));
    expect(task.endingBytes).to.equal(22);
  });
});
