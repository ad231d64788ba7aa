import { expect } from 'chai';
import fc from 'fast-check';
import type { Delivery, Fault } from '../../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import type { Limits } from '../../../lib/core/limits.js';
import { messageId } from '../../../lib/core/message.js';
import { encode } from '../../../lib/core/value.js';
import { ManualClock, testEnvelope, testEnvelopes } from '../../../lib/testing/index.js';

const QUEUE = 'tasks';

type Action =
  | { readonly type: 'publish'; readonly count: number }
  | { readonly type: 'receive'; readonly max: number; readonly waitMs: number }
  | { readonly type: 'ack'; readonly pick: number }
  | { readonly type: 'nack'; readonly pick: number; readonly delayMs: number; readonly fault: Fault }
  | { readonly type: 'advance'; readonly byMs: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant('publish'), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    type: fc.constant('receive'),
    max: fc.integer({ min: 1, max: 4 }),
    waitMs: fc.constantFrom(0, 20),
  }),
  fc.record({ type: fc.constant('ack'), pick: fc.nat(50) }),
  fc.record({
    type: fc.constant('nack'),
    pick: fc.nat(50),
    delayMs: fc.constantFrom(0, 15),
    fault: fc.constantFrom('failure', 'crash', 'none'),
  }),
  fc.record({ type: fc.constant('advance'), byMs: fc.constantFrom(1, 10, 40) }),
);
const actions = fc.array(action, { maxLength: 80, size: 'max' });

/** A broker under a random run, and what an outsider has seen of it. */
class Run {
  readonly clock = new ManualClock();
  readonly broker = new InMemoryBroker({ clock: this.clock, limits: { deadLettersMax: 10_000 } });
  readonly deliveries: Delivery[] = [];
  accepted = 0;
  readonly acked = new Set<number>();
  readonly dead = new Set<number>();

  async do(next: Action): Promise<void> {
    if (next.type === 'publish') await this.#publish(next.count);
    if (next.type === 'receive') await this.#receive(next.max, next.waitMs);
    if (next.type === 'ack') await this.#ack(next.pick);
    if (next.type === 'nack') await this.#nack(next.pick, next.delayMs, next.fault);
    if (next.type === 'advance') await this.clock.advance(next.byMs);
    await this.clock.settle();
  }

  /** Lets every lease, delay and wait pass, then takes out all that is left. */
  async takeRest(): Promise<void> {
    await this.clock.advance(1_000);
    await this.#receive(Number.MAX_SAFE_INTEGER, 0);
    await this.clock.settle();
  }

  async held(): Promise<number> {
    const { ready, delayed, inFlight } = await this.broker.depth(QUEUE);
    return ready + delayed + inFlight;
  }

  async #publish(count: number): Promise<void> {
    const outcomes = await this.broker.publish(
      QUEUE,
      testEnvelopes(this.accepted + 1, this.accepted + count),
    );
    expect(outcomes).to.deep.equal(new Array(count).fill('accepted'));
    this.accepted += count;
  }

  async #receive(max: number, waitMs: number): Promise<void> {
    const answer = this.broker.receive(QUEUE, { consumer: `c${max}`, max, waitMs, leaseMs: 25 });
    void answer.then((deliveries) => this.deliveries.push(...deliveries));
    if (waitMs === 0) await answer;
  }

  async #ack(pick: number): Promise<void> {
    const delivery = this.deliveries.at(-1 - pick);
    if (delivery === undefined) return;
    const [outcome] = await this.broker.ack(QUEUE, [delivery]);
    if (outcome === 'ok') this.acked.add(delivery.envelope.seq);
  }

  async #nack(pick: number, delayMs: number, fault: Fault): Promise<void> {
    const delivery = this.deliveries.at(-1 - pick);
    if (delivery === undefined) return;
    const refusal = { receipt: delivery, fault, delayMs, attemptsMax: 2, reason: 'refused' };
    const [outcome] = await this.broker.nack(QUEUE, [refusal]);
    if (outcome === 'dead-lettered') this.dead.add(delivery.envelope.seq);
  }
}

async function runAll(steps: readonly Action[]): Promise<Run> {
  const run = new Run();
  for (const next of steps) await run.do(next);
  return run;
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe('the memory broker, under any interleaving of publish, receive, ack, nack and lease expiry', () => {
  it('gives first deliveries in the order of acceptance', async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const run = await runAll(steps);
        await run.takeRest();
        const firsts = run.deliveries.filter(({ deliveries }) => deliveries === 1);
        expect(firsts.map(({ envelope }) => envelope.seq)).to.deep.equal(upTo(run.accepted));
        expect(firsts.map(({ seq }) => seq)).to.deep.equal(upTo(run.accepted));
      }),
      { numRuns: 300 },
    );
  });

  it('loses no accepted message: each is acked, held or a dead letter, and only one of these', async () => {
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const run = new Run();
        for (const next of steps) {
          await run.do(next);
          expect(await run.held()).to.equal(run.accepted - run.acked.size - run.dead.size);
        }
        const seen = run.deliveries.length;
        await run.takeRest();
        const rest = run.deliveries.slice(seen).map(({ envelope }) => envelope.seq);
        const letters = (await run.broker.deadLetters(QUEUE)).map(({ envelope }) => envelope.seq);
        expect(new Set(letters)).to.deep.equal(run.dead);
        const everywhere = [...run.acked, ...letters, ...new Set(rest)];
        expect(everywhere.sort((left, right) => left - right)).to.deep.equal(upTo(run.accepted));
      }),
      { numRuns: 300 },
    );
  });

  it('accounts at close for all it held, and leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(actions, actions, fc.boolean(), async (before, during, drain) => {
        const run = await runAll(before);
        const [held, settled] = [await run.held(), run.acked.size + run.dead.size];
        const closing = run.broker.close({ drain, deadlineMs: 5_000 });
        for (const next of drain ? during : []) {
          if (next.type !== 'publish' && (await isOpen(run))) await run.do(next);
        }
        await run.clock.advance(5_000);
        const report = await closing;
        expect(report.drained).to.equal(run.acked.size + run.dead.size - settled);
        expect(report.drained + report.abandoned).to.equal(held);
        expect(report.returned).to.equal(0);
        expect(run.clock.pending).to.equal(0);
      }),
      { numRuns: 200 },
    );
  });
});

async function isOpen(run: Run): Promise<boolean> {
  return run.broker.depth(QUEUE).then(
    () => true,
    () => false,
  );
}

describe('the memory broker', () => {
  const opened = (limits: Partial<Limits> = {}) => {
    const clock = new ManualClock();
    return { clock, broker: new InMemoryBroker({ clock, limits }) };
  };

  it('says what it is and what it cannot promise', () => {
    const { broker } = opened({ payloadBytesMax: 77 });
    expect(broker.name).to.equal('memory');
    expect(broker.capabilities).to.deep.equal({
      durable: false,
      delivery: 'at-least-once',
      orderedByKey: true,
      delayed: true,
      priorities: true,
      payloadBytesMax: 77,
      shared: false,
    });
  });

  it('counts in a drain what was settled before its queue was purged, and ends when nothing else is left', async () => {
    const { broker } = opened();
    const request = { consumer: 'ada', max: 9, waitMs: 0, leaseMs: 50 };
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    const closing = broker.close({ drain: true, deadlineMs: 60_000 });
    const held = await broker.receive(QUEUE, request);
    await broker.ack(QUEUE, held.slice(0, 2));
    await broker.purge([QUEUE]);
    expect(await closing).to.deep.equal({ drained: 2, returned: 0, abandoned: 0 });
    expect(await broker.purge([QUEUE]).catch((error: unknown) => String(error))).to.match(/ShuttingDown/);
  });

  it('sends receivers away from a queue that is purged, and leaves no timer', async () => {
    const { broker, clock } = opened();
    const waiting = broker.receive(QUEUE, { consumer: 'ada', max: 1, waitMs: 1_000, leaseMs: 50 });
    await clock.settle();
    await broker.purge([QUEUE]);
    expect(await waiting).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });

  it('sets a timer only while somebody waits', async () => {
    const { broker, clock } = opened();
    await broker.publish(QUEUE, [testEnvelope(1)]);
    await broker.receive(QUEUE, { consumer: 'ada', max: 1, waitMs: 100, leaseMs: 50 });
    expect(clock.pending, 'under a lease').to.equal(0);
    const waiting = broker.receive(QUEUE, { consumer: 'bob', max: 1, waitMs: 100, leaseMs: 50 });
    const waitingToo = broker.receive(QUEUE, { consumer: 'cyd', max: 1, waitMs: 70, leaseMs: 50 });
    await clock.settle();
    expect(clock.pending, 'one for all who wait').to.equal(1);
    await clock.advance(70);
    expect(await waiting).to.have.length(1);
    expect(await waitingToo).to.have.length(0);
    expect(clock.pending, 'nobody waits').to.equal(0);
  });

  it('keeps a wait longer than any timer of Node', async () => {
    const { broker, clock } = opened();
    let answered = false;
    const longMs = 3 * 2 ** 31;
    const waiting = broker.receive(QUEUE, { consumer: 'ada', max: 1, waitMs: longMs, leaseMs: 50 });
    void waiting.then(() => {
      answered = true;
    });
    await clock.advance(longMs - 1);
    expect(answered).to.equal(false);
    await clock.advance(1);
    expect(answered).to.equal(true);
  });

  it('drops the producer silent for longest when there are more than it keeps, whose resends are then new', async () => {
    const { broker } = opened({ producersMax: 2 });
    const of = (producer: string, seq: number) => testEnvelope(seq, { producer });
    await broker.publish(QUEUE, [of('a', 1), of('b', 1), of('a', 2), of('c', 1)]);
    expect(await broker.publish(QUEUE, [of('a', 2)])).to.deep.equal(['duplicate']);
    expect(await broker.publish(QUEUE, [of('b', 1)])).to.deep.equal(['accepted']);
  });

  it('remembers so many refusals of a producer, and no more', async () => {
    const { broker } = opened({ refusalsMax: 2, queueDepthMax: 1 });
    await broker.publish(QUEUE, testEnvelopes(1, 4));
    await settleAll(broker);
    expect(await broker.publish(QUEUE, [testEnvelope(5)])).to.deep.equal(['accepted']);
    await settleAll(broker);
    expect(await broker.publish(QUEUE, [testEnvelope(2)]), 'refused longest ago').to.deep.equal([
      'duplicate',
    ]);
    expect(await broker.publish(QUEUE, [testEnvelope(3)])).to.deep.equal(['accepted']);
    await settleAll(broker);
    expect(await broker.publish(QUEUE, [testEnvelope(4)])).to.deep.equal(['accepted']);
  });

  it('counts a payload of exactly the byte limits as fitting', async () => {
    const payload = encode('x'.repeat(98));
    const { broker } = opened({ payloadBytesMax: 100, queueBytesMax: 200 });
    const outcomes = await broker.publish(QUEUE, testEnvelopes(1, 3, { payload }));
    expect(outcomes).to.deep.equal(['accepted', 'accepted', 'full']);
    const over = { payload: encode('x'.repeat(99)), id: messageId('over') };
    expect(await broker.publish(QUEUE, [testEnvelope(9, over)])).to.deep.equal(['too-large']);
  });

  it('refuses a receive of nothing and a lease of no time, as errors of the program', async () => {
    const { broker } = opened();
    const request = { consumer: 'ada', max: 1, waitMs: 0, leaseMs: 50 };
    expect(await codeOf(broker.receive(QUEUE, { ...request, max: 0 }))).to.equal('ERR_ASSERTION');
    expect(await codeOf(broker.receive(QUEUE, { ...request, leaseMs: 0 }))).to.equal('ERR_ASSERTION');
    expect(await codeOf(broker.extend(QUEUE, [], 0))).to.equal('ERR_ASSERTION');
  });

  it('refuses ageing, priorities and delays out of range, as errors of the program', async () => {
    const { broker } = opened();
    const request = { consumer: 'ada', max: 1, waitMs: 0, leaseMs: 50 };
    for (const ageingMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await codeOf(broker.receive(QUEUE, { ...request, ageingMs }))).to.equal('ERR_ASSERTION');
    }
    for (const priority of [-1, 10, 4.5, Number.NaN]) {
      expect(await codeOf(broker.publish(QUEUE, [testEnvelope(1, { priority })]))).to.equal('ERR_ASSERTION');
    }
    for (const delayMs of [-1, Number.NaN]) {
      expect(await codeOf(broker.publish(QUEUE, [testEnvelope(1, { delayMs })]))).to.equal('ERR_ASSERTION');
    }
    expect(await broker.publish(QUEUE, [testEnvelope(1)]), 'as if never tried').to.deep.equal(['accepted']);
  });

  it('runs on the clock of the machine when given none', async () => {
    const broker = new InMemoryBroker();
    const waiting = broker.receive(QUEUE, { consumer: 'ada', max: 9, waitMs: 5_000, leaseMs: 30_000 });
    await broker.publish(QUEUE, testEnvelopes(1, 2));
    expect(await waiting).to.have.length(2);
    expect(await broker.receive(QUEUE, { consumer: 'ada', max: 9, waitMs: 5, leaseMs: 1 })).to.have.length(0);
    expect(await broker.close({ drain: false, deadlineMs: 0 })).to.deep.equal({
      drained: 0,
      returned: 0,
      abandoned: 2,
    });
  });
});

async function settleAll(broker: InMemoryBroker): Promise<void> {
  await broker.ack(QUEUE, await broker.receive(QUEUE, { consumer: 'ada', max: 99, waitMs: 0, leaseMs: 50 }));
}

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
}
