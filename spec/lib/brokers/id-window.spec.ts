import { expect } from 'chai';
import fc from 'fast-check';
import { IdWindow } from '../../../lib/brokers/id-window.js';

const WINDOW_MS = 20;

type Step = { readonly type: 'meet'; readonly id: string } | { readonly type: 'pass'; readonly byMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('meet'), id: fc.nat(40).map((n) => `order-${n}`) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('pass'), byMs: fc.nat(15) }) },
);

/** From all ids in one slot to each in its own. */
const hashes: readonly ((id: string) => number)[] = [
  () => 0,
  () => -1,
  (id) => id.length,
  (id) => Number(id.slice(6)) % 7,
  (id) => Number(id.slice(6)) * 2 ** 26,
];

describe('IdWindow', () => {
  it('knows what a list of ids and their times knows, whatever the hash makes of them', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(undefined, ...hashes),
        (steps, idsMax, hashOf) => {
          const window = new IdWindow(WINDOW_MS, idsMax, hashOf);
          let list: { readonly id: string; readonly untilMs: number }[] = [];
          let nowMs = 0;
          for (const next of steps) {
            if (next.type === 'pass') nowMs += next.byMs;
            else {
              list = list.filter(({ untilMs }) => untilMs > nowMs);
              const isThere = list.some(({ id }) => id === next.id);
              expect(window.has(next.id, nowMs)).to.equal(isThere);
              if (isThere) continue;
              window.add(next.id, nowMs);
              list = [...list, { id: next.id, untilMs: nowMs + WINDOW_MS }].slice(-idsMax);
              for (const { id } of list) expect(window.isKnown(id), id).to.equal(true);
            }
            expect(window.size).to.be.at.least(list.length);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('remembers the last of far more than it may, through growth, and none once their time is over', () => {
    const window = new IdWindow(WINDOW_MS, 5_000);
    for (let n = 0; n < 20_000; n += 1) {
      expect(window.has(`order-${n}`, 0)).to.equal(false);
      window.add(`order-${n}`, 0);
    }
    for (let n = 0; n < 20_000; n += 1) expect(window.has(`order-${n}`, 0), `${n}`).to.equal(n >= 15_000);
    expect(window.has('order-19999', WINDOW_MS)).to.equal(false);
    expect(window.size).to.equal(0);
  });
});
