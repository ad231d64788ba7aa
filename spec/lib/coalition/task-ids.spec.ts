import { expect } from 'chai';
import { Task } from '../../../lib/coalition/task.js';
import { TaskIds } from '../../../lib/coalition/task-ids.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { rejection } from './fakes.js';

describe('task ids', () => {
  it('forget a submit that failed, and the oldest of too many', async () => {
    const clock = new ManualClock();
    const ids = new TaskIds(clock, { dedupeWindowMs: 100, dedupeIdsMax: 2 });
    const task = () => new Task('id', 'a', false, clock);
    expect(await rejection(ids.once('a', () => Promise.reject(new Error('full'))))).to.include({
      message: 'full',
    });
    const a = await ids.once('a', async () => task());
    expect(await ids.once('a', async () => task())).to.equal(a);
    for (const id of ['b', 'c']) await ids.once(id, async () => task());
    expect(await ids.once('a', async () => task())).to.not.equal(a);
  });
});
