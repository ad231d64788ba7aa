import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { AbortWatch } from '../../../../lib/coalition/tasks/abort-watch.js';
import { SubmittedTask } from '../../../../lib/coalition/tasks/submitted-task.js';
import { encode } from '../../../../lib/core/value.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';

const desk = {
  clock: new ManualClock(),
  durable: false,
  idOf: String,
  isRunning: () => false,
  cancel: () => 0,
  ended: () => {},
};

describe('abort watch', () => {
  let told: [number[], unknown][];
  let watch: AbortWatch;
  let living: AbortController;

  beforeEach(() => {
    told = [];
    watch = new AbortWatch((tasks, reason) => {
      told.push([tasks.map(({ seq }) => seq), reason]);
      for (const task of tasks) task.cancelled(reason);
    });
    living = new AbortController();
  });

  const listeners = () => getEventListeners(living.signal, 'abort').length;
  const tasks = (count: number) =>
    Array.from({ length: count }, (_, at) => new SubmittedTask(at + 1, `t${at}`, 'square', desk));

  it('listens once for a thousand tasks, and not at all once they have ended', () => {
    const all = tasks(1_000);
    for (const task of all) watch.add(living.signal, task);
    expect(listeners()).to.equal(1);
    for (const task of all.slice(1)) task.answered(task.seq, encode(1));
    expect(listeners()).to.equal(1);
    all[0]?.failed(1, new Error('x'));
    expect(listeners()).to.equal(0);
  });

  it('cancels at once what is pending when its signal aborts, and that alone', () => {
    const [one, two, three, other] = tasks(4);
    if (!one || !two || !three || !other) throw new Error('four tasks');
    for (const task of [one, two, three]) watch.add(living.signal, task);
    watch.add(new AbortController().signal, other);
    two.answered(2, encode(1));
    living.abort('enough');
    expect(told).to.deep.equal([[[1, 3], 'enough']]);
    expect([one, two, three, other].map(({ state }) => state)).to.deep.equal([
      'cancelled',
      'completed',
      'cancelled',
      'waiting',
    ]);
    expect(listeners()).to.equal(0);
  });

  it('does not listen for a task that has ended before', () => {
    const [task] = tasks(1);
    task?.answered(1, encode(1));
    if (task !== undefined) watch.add(living.signal, task);
    expect(listeners()).to.equal(0);
  });
});
