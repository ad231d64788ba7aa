import { expect } from 'chai';
import fc from 'fast-check';
import { prefetchWindow, updateServiceMs } from '../../../lib/scheduling/prefetch.js';

const serviceMs = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined });
const concurrency = fc.integer({ min: 1, max: 1_000 });
const credit = fc.integer({ min: 1, max: 1_000 });

describe('prefetch', () => {
  it('holds two tasks for each run at once, one of 20 ms or more, at most the credit, and about 20 ms of work', () => {
    fc.assert(
      fc.property(serviceMs, concurrency, credit, (service, many, most) => {
        const window = prefetchWindow({ serviceMs: service, concurrency: many, credit: most });
        const least = service !== undefined && service >= 20 ? many : 2 * many;
        expect(window).to.be.within(Math.min(most, least), most);
        expect(Number.isInteger(window)).to.equal(true);
        if (service === undefined || window <= least || window === most) return;
        expect((window - 1) * service).to.be.below(20.001);
        expect(window * service).to.be.at.least(19.999);
      }),
    );
  });

  it('never holds more of slower tasks', () => {
    const pair = fc.tuple(
      fc.double({ min: 0, max: 1e4, noNaN: true }),
      fc.double({ min: 0, max: 1e4, noNaN: true }),
    );
    fc.assert(
      fc.property(pair, concurrency, credit, ([one, other], many, most) => {
        const [fast, slow] = one < other ? [one, other] : [other, one];
        const windowOf = (service: number) =>
          prefetchWindow({ serviceMs: service, concurrency: many, credit: most });
        expect(windowOf(fast)).to.be.at.least(windowOf(slow));
      }),
    );
  });

  it('starts with two tasks for each run at once, before anything was measured', () => {
    expect(prefetchWindow({ serviceMs: undefined, concurrency: 3, credit: 256 })).to.equal(6);
    expect(prefetchWindow({ serviceMs: undefined, concurrency: 3, credit: 5 })).to.equal(5);
    expect(prefetchWindow({ serviceMs: 3, concurrency: 1, credit: 256 })).to.equal(7);
  });

  it('sends nothing ahead of tasks that are as long as the work at hand should be', () => {
    expect(prefetchWindow({ serviceMs: 20, concurrency: 3, credit: 256 })).to.equal(3);
    expect(prefetchWindow({ serviceMs: 5_000, concurrency: 1, credit: 256 })).to.equal(1);
    expect(prefetchWindow({ serviceMs: 19.9, concurrency: 3, credit: 256 })).to.equal(6);
  });

  it('grows past a trip that takes longer than the work at hand, until the work fills the trip', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.5, max: 10, noNaN: true }),
        (tripMs, taskMs) => {
          let held = 2;
          for (let round = 0; round < 100; round += 1) {
            const serviceMs = Math.max(taskMs, (tripMs + taskMs) / held); // all that there was, one trip later
            held = prefetchWindow({ serviceMs, concurrency: 1, credit: 10_000, tripMs });
          }
          expect(held * taskMs).to.be.at.least(tripMs);
          expect((held - 1) * taskMs).to.be.at.most(tripMs + 20.001);
        },
      ),
    );
  });

  it('thinks a worker faster sooner than slower, and between what it thought and what it saw', () => {
    expect(updateServiceMs(undefined, 30, 3)).to.equal(10);
    expect(updateServiceMs(10, 0, 1)).to.be.closeTo(2, 1e-9);
    expect(updateServiceMs(10, 20, 1)).to.be.closeTo(13, 1e-9);
    expect(updateServiceMs(10, 20, 1, 10)).to.be.closeTo(10.3, 1e-9);
    expect(updateServiceMs(10, 0, 1, 10)).to.be.closeTo(2, 1e-9);
    expect(updateServiceMs(10, 40, 2, 1)).to.be.closeTo(13, 1e-9);
    const ms = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(
        ms,
        ms,
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        (before, elapsed, count, usual) => {
          const measured = elapsed / count;
          const after = updateServiceMs(before, elapsed, count, usual);
          expect(after).to.be.within(Math.min(before, measured) - 1e-6, Math.max(before, measured) + 1e-6);
        },
      ),
    );
  });
});
