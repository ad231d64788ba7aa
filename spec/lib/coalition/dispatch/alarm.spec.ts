import { expect } from 'chai';
import { Alarm } from '../../../../lib/coalition/dispatch/alarm.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';

describe('alarm', () => {
  it('rings once, at the earliest time it was told, with one timer', async () => {
    const clock = new ManualClock();
    const rings: number[] = [];
    const alarm = new Alarm(clock, () => rings.push(clock.nowMs()));
    for (const atMs of [50, 20, 30]) alarm.ringBy(atMs);
    expect(clock.pending).to.equal(1);
    await clock.advance(100);
    expect(rings).to.deep.equal([20]);
    alarm.ringBy(90); // past already
    await clock.advance(0);
    expect(rings).to.deep.equal([20, 100]);
  });

  it('is silent once cancelled, and for a time that never comes', () => {
    const clock = new ManualClock();
    const alarm = new Alarm(clock, () => expect.fail('it rang'));
    alarm.ringBy(Number.POSITIVE_INFINITY);
    expect(clock.pending).to.equal(0);
    alarm.ringBy(5);
    alarm.cancel();
    expect(clock.pending).to.equal(0);
  });
});
