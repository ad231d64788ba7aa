import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort } from '../../../lib/core/abort.js';
import { sleep } from '../../../lib/core/clock.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

describe('abort', () => {
  const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

  it('tells everybody who waits, with one listener', () => {
    const leaving = new AbortController();
    const told: number[] = [];
    const all = Array.from({ length: 100 }, (_, at) => onAbort(leaving.signal, () => told.push(at)));
    expect(listeners(leaving.signal)).to.equal(1);
    all[50]?.();
    leaving.abort();
    expect(told).to.have.length(99).and.not.include(50);
    for (const forget of all) forget();
    expect(listeners(leaving.signal)).to.equal(0);
  });

  it('does not listen once nobody waits, and listens again when somebody does', () => {
    const leaving = new AbortController();
    let told = 0;
    const tell = () => {
      told += 1;
    };
    onAbort(leaving.signal, tell)();
    expect(listeners(leaving.signal)).to.equal(0);
    const forget = onAbort(leaving.signal, tell);
    leaving.abort();
    forget();
    expect(told).to.equal(1);
  });

  it('wakes a thousand sleepers on one signal without a warning, and leaves no listener', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const [clock, leaving] = [new ManualClock(), new AbortController()];
    const sleepers = Array.from({ length: 1_000 }, () => sleep(clock, 1_000, leaving.signal, undefined));
    expect(listeners(leaving.signal)).to.equal(1);
    leaving.abort();
    await Promise.all(sleepers);
    await new Promise((resolve) => process.nextTick(resolve));
    process.off('warning', listen);
    expect(warnings).to.deep.equal([]);
    expect([clock.pending, listeners(leaving.signal)]).to.deep.equal([0, 0]);
    await sleep(clock, 1_000, leaving.signal);
  });
});
