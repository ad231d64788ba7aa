import { expect } from 'chai';
import fc from 'fast-check';
import { type Late, ReadyLanes } from '../../../lib/brokers/ready-lanes.js';

type Step =
  | { readonly type: 'push'; readonly priority: number; readonly late: boolean; readonly afterMs: number }
  | { readonly type: 'release' }
  | { readonly type: 'take'; readonly max: number; readonly ageingMs: number | undefined };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('push'),
      priority: fc.integer({ min: 0, max: 9 }),
      late: fc.boolean(),
      afterMs: fc.nat(20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('release') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('take'),
      max: fc.integer({ min: 1, max: 9 }),
      ageingMs: fc.constantFrom(undefined, 1, 7, 1_000),
    }),
  },
);

function itemOf(seq: number, priority: number, atMs: number): Late {
  return { seq, envelope: { priority }, acceptedMs: atMs, heapAt: -1 };
}

/** The lanes beside a list of what is ready, and one of what will be. */
class Beside {
  readonly lanes = new ReadyLanes();
  ready: Late[] = [];
  #later: Late[] = [];
  #seq = 0;
  #nowMs = 0;

  push({ priority, late, afterMs }: Extract<Step, { type: 'push' }>): void {
    this.#nowMs += afterMs;
    this.#seq += 1;
    const item = itemOf(this.#seq, priority, this.#nowMs);
    if (late) {
      this.#later.unshift(item);
      return;
    }
    this.lanes.pushLatest(item.seq, priority, this.#nowMs);
    this.ready.push(item);
  }

  release(): void {
    for (const item of this.#later) this.lanes.insert(item);
    this.ready.push(...this.#later);
    this.#later = [];
  }

  take(max: number, ageingMs: number | undefined): void {
    const taken: number[] = [];
    this.lanes.takeInto(taken, max, ageingMs);
    const urgency = ({ envelope: { priority }, acceptedMs }: Late) =>
      ageingMs === undefined ? priority : priority * ageingMs + (this.#nowMs - acceptedMs);
    const ordered = this.ready.toSorted(
      (left, right) => urgency(right) - urgency(left) || left.seq - right.seq,
    );
    expect(taken).to.deep.equal(ordered.slice(0, max).map(({ seq }) => seq));
    this.ready = ordered.slice(max);
  }
}

describe('ReadyLanes', () => {
  it('gives by priority, age and acceptance what a sorted list would, whenever it became ready', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const beside = new Beside();
        for (const next of steps) {
          if (next.type === 'push') beside.push(next);
          else if (next.type === 'release') beside.release();
          else beside.take(next.max, next.ageingMs);
          expect(beside.lanes.length).to.equal(beside.ready.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('adds to what was taken already, and no more than max in all', () => {
    const lanes = new ReadyLanes();
    for (const seq of [1, 2, 3]) lanes.pushLatest(seq, seq, 0);
    const taken = [0];
    lanes.takeInto(taken, 2, undefined);
    lanes.takeInto(taken, 3, 50);
    lanes.takeInto(taken, 1, undefined);
    expect(taken).to.deep.equal([0, 3, 2]);
    expect(lanes.length).to.equal(1);
  });
});
