import { expect } from 'chai';
import fc from 'fast-check';
import { ResultAggregator } from '../../../../lib/coalition/writers/result-aggregator.js';
import { encode } from '../../../../lib/core/value.js';
import { QUEUE, STOP, writerBench } from './writers.js';

function bench() {
  const made = writerBench();
  const taken: number[] = [];
  const aggregator = new ResultAggregator({ ...made.options, onTaken: (count) => taken.push(count) });
  const publish = (query: string, id: string, value: unknown = id) =>
    made.publisher.publishAll([
      {
        kind: 'result',
        agent: 'a',
        payload: encode({ id, loop: 1, stage: 0, agent: 'a', value }),
        headers: { query },
        // Each copy a message of its own, as from a producer that came again: the id in the payload is the task's.
        id: undefined,
      },
    ]);
  return { ...made, aggregator, taken, publish };
}

describe('result aggregator', () => {
  it('has every published result exactly once in the shared state, whatever is delivered twice', async () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('publish' as const) }),
      fc.record({ type: fc.constant('unacked' as const) }),
      fc.record({ type: fc.constant('wait' as const) }),
    );
    const run = async (steps: readonly { readonly type: string }[]) => {
      const { clock, broker, aggregator, taken, publisher } = bench();
      aggregator.begin('q');
      await clock.settle();
      const ids: string[] = [];
      const ack = broker.ack.bind(broker);
      for (const { type } of steps) {
        if (type === 'publish') {
          const id = `task-${ids.length}`;
          ids.push(id);
          const payload = encode({ id, loop: 1, stage: 0, agent: 'a', value: id });
          await publisher.publishAll([{ kind: 'result', agent: 'a', id, payload, headers: { query: 'q' } }]);
        }
        if (type === 'unacked') broker.ack = async (_, receipts) => receipts.map(() => 'stale');
        if (type !== 'wait') continue;
        await clock.advance(31_000); // past the lease: what was not acknowledged comes back
        broker.ack = ack;
      }
      broker.ack = ack;
      await clock.advance(62_000);
      expect(aggregator.results.map(({ id }) => id).toSorted()).to.deep.equal(ids.toSorted());
      expect(taken.reduce((sum, count) => sum + count, 0)).to.equal(ids.length);
      await broker.close({ drain: false, deadlineMs: 0 });
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 20 }), run), { numRuns: 60 });
  });

  it('starts anew with a query, and leaves out late answers to an earlier one', async () => {
    const { clock, broker, aggregator, taken, publish } = bench();
    aggregator.begin('one');
    await publish('one', 'a', 1);
    await clock.settle();
    expect(aggregator.latest('a')).to.equal(1);
    aggregator.begin('two');
    expect(aggregator.results).to.deep.equal([]);
    expect(aggregator.latest('a')).to.equal(undefined);
    await publish('one', 'late');
    await publish('two', 'b', 2);
    await clock.settle();
    expect(aggregator.results.map(({ id }) => id)).to.deep.equal(['b']);
    expect(taken).to.deep.equal([1, 1]);
    expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 0, inFlight: 0 });
    await broker.close({ drain: false, deadlineMs: 0 });
  });

  it('ends once it is told to stop and its queue is drained', async () => {
    const { clock, aggregator, publish, publisher } = bench();
    aggregator.begin('q');
    // In one turn: an order that was obeyed before the last of them came would leave it in the queue.
    await Promise.all([publish('q', 'a'), publisher.publishAll([STOP]), publish('q', 'b')]);
    await clock.advance(1_000);
    await aggregator.ended;
    expect(aggregator.results).to.have.length(2);
    expect(clock.pending).to.equal(0);
  });
});
