import { expect } from 'chai';
import fc from 'fast-check';
import type { Broker, PublishOutcome } from '../../../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { type Draft, Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import type { Limits } from '../../../../lib/core/limits.js';
import type { Envelope } from '../../../../lib/core/message.js';
import { encode } from '../../../../lib/core/value.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { rejection } from '../fakes.js';

const QUEUE = 'spec.tasks';

function draft(value: unknown, id?: string): Draft {
  return { kind: 'task', agent: 'square', id, payload: encode(value) };
}

class Bench {
  readonly clock = new ManualClock();
  readonly broker: InMemoryBroker;
  /** What each call of `publish` carried. */
  readonly calls: (readonly Envelope[])[] = [];
  readonly publisher: Publisher;

  constructor(limits: Partial<Limits> = {}) {
    this.broker = new InMemoryBroker({ clock: this.clock, limits });
    const { broker, calls, clock } = this;
    const watched: Broker = Object.create(broker, {
      name: { value: broker.name },
      capabilities: { value: broker.capabilities },
      publish: {
        value: (queue: string, envelopes: readonly Envelope[]): Promise<readonly PublishOutcome[]> => {
          calls.push([...envelopes]);
          return broker.publish(queue, envelopes);
        },
      },
    });
    const epoch = () => 7;
    const names = { queue: QUEUE, coalition: 'spec', producer: 'session-1' };
    this.publisher = new Publisher({ broker: watched, ...names, epoch, clock, patienceMs: 30_000 });
  }

  async take(max = 1_000): Promise<readonly Envelope[]> {
    const request = { consumer: 'spec', max, waitMs: 0, leaseMs: 1_000 };
    const taken = await this.broker.receive(QUEUE, request);
    await this.broker.ack(QUEUE, taken);
    return taken.map(({ envelope }) => envelope);
  }
}

function values(envelopes: readonly Envelope[]): unknown[] {
  return envelopes.map(({ payload }) => JSON.parse(payload));
}

describe('publisher', () => {
  it('gives a message its identity, in order', () => {
    const { publisher } = new Bench();
    const [first, second] = [publisher.stamp(draft(1)), publisher.stamp(draft(2, 'own'))];
    expect(first).to.include({ id: 'session-1:1', seq: 1, producer: 'session-1', epoch: 7, priority: 4 });
    expect(second).to.include({ id: 'own', seq: 2, coalition: 'spec', queue: QUEUE, kind: 'task' });
  });

  it('publishes all of one tick in one step, and tells each its own outcome', async () => {
    const { publisher, calls } = new Bench({ queueDepthMax: 3 });
    const told = await Promise.all([1, 2, 3, 4].map((n) => publisher.publish(publisher.stamp(draft(n)))));
    expect(told.map(({ outcome }) => outcome)).to.deep.equal(['accepted', 'accepted', 'accepted', 'full']);
    expect(calls.map(values)).to.deep.equal([[1, 2, 3, 4]]);
    await publisher.publish(publisher.stamp(draft(5)));
    expect(calls).to.have.length(2);
  });

  it('rejects everybody of a tick that the broker did not take', async () => {
    const { publisher, broker } = new Bench();
    await broker.close({ drain: false, deadlineMs: 0 });
    const errors = await Promise.all(
      [1, 2].map((n) => rejection(publisher.publish(publisher.stamp(draft(n))))),
    );
    expect(errors.map((error) => error.name)).to.deep.equal(['ShuttingDown', 'ShuttingDown']);
  });

  it('never loses or reorders, however single messages and lists mix within ticks', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('one' as const) }),
      fc.record({ type: fc.constant('list' as const), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ type: fc.constant('turn' as const) }),
    );
    const run = async (steps: readonly { readonly type: string; readonly count?: number }[]) => {
      const { publisher, clock, take } = bench();
      const wanted: number[] = [];
      const published: Promise<unknown>[] = [];
      for (const { type, count = 1 } of steps) {
        const numbers = Array.from({ length: count }, (_, index) => wanted.length + index);
        if (type === 'turn') await clock.settle();
        else wanted.push(...numbers);
        if (type === 'one') published.push(publisher.publish(publisher.stamp(draft(numbers[0]))));
        if (type === 'list') published.push(publisher.publishAll(numbers.map((n) => draft(n))));
      }
      await Promise.all(published);
      expect(values(await take())).to.deep.equal(wanted);
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), run), { numRuns: 150 });
  });

  it('waits for room, stamps what was refused anew, and keeps the order', async () => {
    const { publisher, clock, take } = bench({ queueDepthMax: 3 });
    const told: string[] = [];
    const watcher = {
      stamped: (envelopes: readonly Envelope[]) => told.push(`+${envelopes.map(({ seq }) => seq).join(' ')}`),
      refused: (envelopes: readonly Envelope[]) => told.push(`-${envelopes.map(({ seq }) => seq).join(' ')}`),
    };
    const published = publisher.publishAll(
      [1, 2, 3, 4, 5].map((n) => draft(n)),
      watcher,
    );
    await clock.settle();
    expect(told).to.deep.equal(['+1 2 3 4 5', '-4 5']);
    expect(values(await take(2))).to.deep.equal([1, 2]);
    await clock.advance(10);
    expect(told.slice(2)).to.deep.equal(['+6 7']);
    expect(await published).to.equal(5);
    expect(values(await take())).to.deep.equal([3, 4, 5]);
    expect(clock.pending).to.equal(0);
  });

  it('counts what was new, and takes a resend of an own id for published', async () => {
    const { publisher, take } = bench();
    expect(await publisher.publishAll([draft(1, 'a'), draft(2, 'b')])).to.equal(2);
    expect(await publisher.publishAll([draft(3, 'b'), draft(4, 'c')])).to.equal(1);
    expect(values(await take())).to.deep.equal([1, 2, 4]);
  });

  it('refuses what is over the limit by its size, and says so beforehand', async () => {
    const { publisher } = new Bench({ payloadBytesMax: 10 });
    const large = draft('é'.repeat(5));
    const error = await rejection(publisher.publishAll([draft(1), large]));
    expect(error).to.include({ name: 'MessageTooLarge', code: 'MessageTooLarge' });
    expect(error.message).to.contain('12 bytes').and.contain('at most 10');
    expect(publisher.refusalOf(large)?.message).to.equal(error.message);
    expect(publisher.refusalOf(draft('12345678'))).to.equal(undefined);
  });

  for (const end of ['its signal', 'closing'] as const) {
    it(`waits for room no longer than ${end} lets it`, async () => {
      const { publisher, clock } = new Bench({ queueDepthMax: 1 });
      const leaving = new AbortController();
      const published = rejection(publisher.publishAll([draft(1), draft(2)], undefined, leaving.signal));
      await clock.advance(25);
      if (end === 'closing') publisher.close();
      else leaving.abort(new Error('left'));
      const error = await published;
      expect(error.name).to.equal(end === 'closing' ? 'ShuttingDown' : 'Error');
      expect(clock.pending).to.equal(0);
    });
  }

  function bench(limits: Partial<Limits> = {}) {
    const made = new Bench(limits);
    return { ...made, take: (max?: number) => made.take(max) };
  }
});
