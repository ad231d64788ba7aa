import { expect } from 'chai';
import fc from 'fast-check';
import { type Due, DueHeap } from '../../../lib/brokers/due-heap.js';

type Step =
  | { readonly type: 'push'; readonly dueMs: number }
  | { readonly type: 'remove'; readonly pick: number }
  | { readonly type: 'take'; readonly untilMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('push'), dueMs: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('remove'), pick: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('take'), untilMs: fc.nat(20) }) },
);

/** The heap beside a list of what should be in it. */
class Beside {
  readonly heap = new DueHeap<Due>();
  listed: Due[] = [];
  readonly entered: Due[] = [];

  push(dueMs: number): void {
    const item = { dueMs, heapAt: -1 };
    this.heap.push(item);
    this.listed.push(item);
    this.entered.push(item);
  }

  remove(pick: number): void {
    const item = this.entered[pick];
    if (item === undefined) return;
    expect(this.heap.remove(item)).to.equal(this.listed.includes(item));
    this.listed = this.listed.filter((each) => each !== item);
  }

  take(untilMs: number): void {
    const taken = this.heap.takeDue(untilMs);
    const due = this.listed.filter(({ dueMs }) => dueMs <= untilMs);
    expect(taken.map(({ dueMs }) => dueMs)).to.deep.equal(
      due.map(({ dueMs }) => dueMs).sort((left, right) => left - right),
    );
    expect(taken).to.have.members(due);
    this.listed = this.listed.filter((each) => !due.includes(each));
  }
}

describe('DueHeap', () => {
  it('gives what is due, earliest first, whatever entered and left before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const beside = new Beside();
        for (const next of steps) {
          if (next.type === 'push') beside.push(next.dueMs);
          else if (next.type === 'remove') beside.remove(next.pick);
          else beside.take(next.untilMs);
          const { heap, listed } = beside;
          expect(heap.length).to.equal(listed.length);
          expect(heap.nextMs).to.equal(Math.min(Number.POSITIVE_INFINITY, ...listed.map((i) => i.dueMs)));
        }
      }),
    );
  });
});
