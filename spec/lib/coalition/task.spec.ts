import { expect } from 'chai';
import { Task } from '../../../lib/coalition/task.js';
import { encode } from '../../../lib/core/value.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { rejection } from './fakes.js';

describe('task', () => {
  let clock: ManualClock;
  let task: Task;

  beforeEach(() => {
    clock = new ManualClock();
    task = new Task('id', 'square', false, clock);
  });

  afterEach(() => expect(clock.pending, 'timers left').to.equal(0));

  it('wakes everybody who waits, each with a copy of its own', async () => {
    const waiting = [task.result(), task.result({ timeoutMs: 1_000 })];
    expect(task.state).to.equal('pending');
    task.answered(1, encode({ n: 1 }));
    const [one, two] = await Promise.all(waiting);
    expect([one, two, await task.result()]).to.deep.equal([{ n: 1 }, { n: 1 }, { n: 1 }]);
    expect(one).to.not.equal(two);
    expect(task.state).to.equal('completed');
  });

  it('keeps its first ending', async () => {
    task.failed(1, new Error('first'));
    task.answered(1, encode(2));
    expect(await rejection(task.result())).to.include({ message: 'first' });
    expect(task.state).to.equal('failed');
  });

  it('does no harm with a failure that nobody asks for', async () => {
    const unhandled: unknown[] = [];
    const listen = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', listen);
    task.failed(1, new Error('nobody asks'));
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
    task.answered(1, encode(5));
    expect(await task.result({ timeoutMs: 50 })).to.equal(5);
  });

  it('stops waiting when the signal aborts, also one that did so before', async () => {
    const leaving = new AbortController();
    const waiting = rejection(task.result({ signal: leaving.signal, timeoutMs: 1_000 }));
    leaving.abort(new Error('left'));
    expect(await waiting).to.include({ message: 'left' });
    expect(await rejection(task.result({ signal: leaving.signal }))).to.include({ message: 'left' });
    task.answered(1, encode(5));
    expect(await task.result({ signal: leaving.signal })).to.equal(5);
  });
});
