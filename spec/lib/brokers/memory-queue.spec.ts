import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Delivery } from '../../../lib/brokers/contract.js';
import { MemoryQueue } from '../../../lib/brokers/memory-queue.js';
import { defaultLimits } from '../../../lib/core/limits.js';
import { ManualClock, testEnvelope, testEnvelopes } from '../../../lib/testing/index.js';

interface Plan {
  readonly key: string;
  readonly priority: number;
  readonly delayMs: number;
}

type Move = 'ack' | 'refuse' | 'refuse for 20 ms' | 'bury' | 'let the lease run out';

const plan: fc.Arbitrary<Plan> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  priority: fc.integer({ min: 0, max: 9 }),
  delayMs: fc.constantFrom(0, 0, 15),
});
const move = fc.constantFrom<Move>(
  'ack',
  'ack',
  'refuse',
  'refuse for 20 ms',
  'bury',
  'let the lease run out',
);

/** A queue of keyed messages that is worked off, however long it takes. */
class Work {
  readonly #clock = new ManualClock();
  readonly #queue = new MemoryQueue(this.#clock, defaultLimits);
  readonly settled = new Map<string, number[]>();
  readonly #unsettled = new Map<string, number[]>();

  publish(plans: readonly Plan[]): void {
    for (const [index, { key, priority, delayMs }] of plans.entries()) {
      this.#queue.publish([testEnvelope(index + 1, { orderingKey: key, priority, delayMs })]);
      this.#unsettled.set(key, [...(this.#unsettled.get(key) ?? []), index + 1]);
    }
  }

  /** One receive, and one move for each delivery; past the last of the moves everything is acked. */
  async turn(moves: Move[]): Promise<void> {
    const request = { consumer: 'ada', max: 4, waitMs: 0, leaseMs: 30, ageingMs: 10 };
    for (const delivery of await this.#queue.receive(request)) {
      const key = delivery.envelope.orderingKey ?? '';
      expect(delivery.seq, `the oldest unsettled of ${key}`).to.equal(this.#unsettled.get(key)?.[0]);
      this.#settle(delivery, key, moves.pop() ?? 'ack');
    }
    await this.#clock.advance(10);
  }

  get length(): number {
    return this.#queue.length;
  }

  #settle(receipt: Delivery, key: string, next: Move): void {
    if (next === 'let the lease run out') return;
    const isFinal = next === 'ack' || next === 'bury';
    const delayMs = next === 'refuse for 20 ms' ? 20 : 0;
    const refusal = { receipt, fault: 'none', delayMs, attemptsMax: isFinal ? 0 : 9, reason: next } as const;
    if (next === 'ack') this.#queue.ack([receipt]);
    else this.#queue.nack([refusal]);
    if (!isFinal) return;
    this.#unsettled.get(key)?.shift();
    this.settled.set(key, [...(this.settled.get(key) ?? []), receipt.seq]);
  }
}

describe('the memory queue, with ordering keys', () => {
  it('gives out the oldest unsettled of a key alone, through refusals and expiries, and works all of them off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(plan, { maxLength: 60, size: 'max' }),
        fc.array(move, { maxLength: 60, size: 'max' }),
        async (plans, moves) => {
          const work = new Work();
          work.publish(plans);
          const left = [...moves];
          for (let turn = 0; work.length > 0; turn += 1) {
            expect(turn, 'turns until all is settled').to.be.below(1_000);
            await work.turn(left);
          }
          const expected = new Map<string, number[]>();
          for (const [index, { key }] of plans.entries()) {
            expected.set(key, [...(expected.get(key) ?? []), index + 1]);
          }
          expect(work.settled).to.deep.equal(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the memory queue, with receivers who are called off', () => {
  it('leaves no timer and no listener, whoever goes how', async () => {
    const waiter = fc.record({
      waitMs: fc.constantFrom(20, 40),
      end: fc.constantFrom('served', 'called off', 'over'),
    });
    const check = async (waiters: readonly { waitMs: number; end: string }[]) => {
      const clock = new ManualClock();
      const queue = new MemoryQueue(clock, defaultLimits);
      const calling = waiters.map(() => new AbortController());
      const given = waiters.map(({ waitMs }, at) => {
        const terms = { consumer: 'ada', max: 1, leaseMs: 1_000, waitMs };
        return queue.receive({ ...terms, signal: calling[at]?.signal });
      });
      for (const [at, { end }] of waiters.entries()) if (end === 'called off') calling[at]?.abort();
      const served = waiters.filter(({ end }) => end === 'served').length;
      queue.publish(testEnvelopes(1, served));
      if (waiters.length === served) expect(clock.pending).to.equal(0);
      await clock.advance(40);
      const counts = (await Promise.all(given)).map(({ length }) => length);
      const stayed = counts.filter((_, at) => waiters[at]?.end !== 'called off');
      expect(stayed, 'served in turn').to.deep.equal(stayed.map((_, at) => (at < served ? 1 : 0)));
      expect(counts.reduce((sum, count) => sum + count, 0)).to.equal(served);
      const listening = calling.flatMap(({ signal }) => getEventListeners(signal, 'abort'));
      expect([clock.pending, listening]).to.deep.equal([0, []]);
    };
    await fc.assert(fc.asyncProperty(fc.array(waiter, { maxLength: 8 }), check), { numRuns: 200 });
  });

  it('has no timer any more once the last of them is called off', () => {
    const clock = new ManualClock();
    const queue = new MemoryQueue(clock, defaultLimits);
    const [first, second] = [new AbortController(), new AbortController()];
    const terms = { consumer: 'ada', max: 1, leaseMs: 1_000, waitMs: 1_000 };
    for (const { signal } of [first, second]) void queue.receive({ ...terms, signal });
    first.abort();
    expect(clock.pending).to.equal(1);
    second.abort();
    expect(clock.pending).to.equal(0);
  });
});
