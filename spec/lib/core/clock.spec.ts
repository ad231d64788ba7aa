import { expect } from 'chai';
import { sleep, systemClock } from '../../../lib/core/clock.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

describe('clock', () => {
  it('calls back once, after at least the delay', async () => {
    const startedMs = systemClock.nowMs();
    const elapsedMs = await new Promise<number>((resolve) => {
      systemClock.setTimer(() => resolve(systemClock.nowMs() - startedMs), 12);
    });
    expect(elapsedMs).to.be.at.least(11);
    expect(systemClock.wallMs()).to.be.above(Date.UTC(2024, 0));
  });

  it('can be cancelled, and deferred work comes after what is due', async () => {
    const order: string[] = [];
    systemClock.setTimer(() => order.push('cancelled'), 0).cancel();
    await new Promise<void>((resolve) => {
      systemClock.defer(() => {
        order.push('deferred');
        resolve();
      });
      process.nextTick(() => order.push('next'));
    });
    await sleep(systemClock, 5);
    expect(order).to.deep.equal(['next', 'deferred']);
  });

  it('waits longer than the longest timer of Node, without firing at once', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const fired: number[] = [];
    const delays = [2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY];
    const timers = delays.map((delayMs) => systemClock.setTimer(() => fired.push(delayMs), delayMs));
    await sleep(systemClock, 10);
    for (const timer of timers) timer.cancel();
    process.off('warning', listen);
    expect(fired).to.deep.equal([]);
    expect(warnings).to.deep.equal([]);
  });

  it('keeps no process alive for a timer in the background', () => {
    const before = process.getActiveResourcesInfo();
    const timer = systemClock.setTimer(() => {}, 60_000, { background: true });
    expect(process.getActiveResourcesInfo()).to.deep.equal(before);
    timer.cancel();
  });
});

describe('sleep', () => {
  it('lasts as long as told, or until its signal aborts, and leaves no timer', async () => {
    const clock = new ManualClock();
    const leaving = new AbortController();
    const woken: string[] = [];
    void sleep(clock, 50).then(() => woken.push('over'));
    void sleep(clock, 50_000, leaving.signal).then(() => woken.push('aborted'));
    await clock.advance(49);
    expect(woken).to.deep.equal([]);
    await clock.advance(1);
    leaving.abort();
    await clock.settle();
    await sleep(clock, 1_000, leaving.signal); // aborted before
    expect(woken).to.deep.equal(['over', 'aborted']);
    expect(clock.pending).to.equal(0);
  });
});
