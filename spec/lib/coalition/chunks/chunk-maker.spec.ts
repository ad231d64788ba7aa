import { expect } from 'chai';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { ChunkMaker, mayBeInChunks } from '../../../../lib/coalition/chunks/chunk-maker.js';
import type { Draft } from '../../../../lib/coalition/tasks/publisher.js';
import { defaultLimits } from '../../../../lib/core/limits.js';
import { encode } from '../../../../lib/core/value.js';

const draftOf = (payloads: readonly unknown[]): Draft => ({
  kind: 'task',
  agent: 'a',
  payload: encode(payloads),
  count: payloads.length,
});

describe('chunk maker', () => {
  it('sends few tasks first while nothing was measured, and more after each report', async () => {
    const waited: number[] = [];
    const nextReport = async (waitMs: number) => void waited.push(waitMs);
    const maker = new ChunkMaker({ size: () => 1, isMeasured: () => false, nextReport, draft: draftOf });
    const sent: number[] = [];
    for (let step = 0; step < 4; step += 1) {
      sent.push(maker.firstOf(2_000));
      await maker.settle(2_000, new AbortController().signal);
    }
    expect(sent).to.deep.equal([64, 256, 1_024, 2_000]);
    expect(waited).to.deep.equal([20, 20, 20]);
  });

  it('sends all at once of tasks that are known', async () => {
    const nextReport = () => expect.fail('nothing is to be waited for');
    const maker = new ChunkMaker({ size: () => 1, isMeasured: () => true, nextReport, draft: draftOf });
    expect(maker.firstOf(2_000)).to.equal(2_000);
    await maker.settle(2_000, new AbortController().signal);
  });

  it('takes payloads apart in order, the last alone if it is the only one left', () => {
    const parts = (size: number, count: number) => {
      const nextReport = async () => undefined;
      const maker = new ChunkMaker({ size: () => size, isMeasured: () => true, nextReport, draft: draftOf });
      const payloads = Array.from({ length: count }, (_, n) => n);
      return [...maker.parts(payloads)].map(({ payloads: own, draft }) => [own, draft?.count]);
    };
    expect(parts(4, 9)).to.deep.equal([
      [[0, 1, 2, 3], 4],
      [[4, 5, 6, 7], 4],
      [[8], undefined],
    ]);
    expect(parts(1, 3)).to.deep.equal([[[0, 1, 2], undefined]]);
    expect(parts(4, 0)).to.deep.equal([]);
  });

  it('takes fewer large tasks together than small ones', () => {
    const nextReport = async () => undefined;
    const maker = new ChunkMaker({ size: () => 500, isMeasured: () => true, nextReport, draft: draftOf });
    expect(maker.sizeOf(10_000)).to.equal(500);
    maker.draft(['x'.repeat(50_000), 'y'.repeat(50_000)]);
    expect(maker.sizeOf(10_000)).to.equal(2);
    expect(maker.draft(['x'.repeat(500_000)])).to.equal(undefined);
    expect(maker.sizeOf(10_000)).to.equal(1);
  });

  it('keeps apart what is looked at by itself', () => {
    const plan = {
      name: 'a',
      after: [],
      attempts: 1,
      backoff: { type: 'fixed', delayMs: 0 } as const,
      timeoutMs: undefined,
      limit: undefined,
      concurrency: undefined,
      input: undefined,
    };
    const broker = new InMemoryBroker();
    const may = (options: object = {}, more: object = {}, limits: object = {}) =>
      mayBeInChunks({ ...plan, ...more }, options, broker, { ...defaultLimits, ...limits });
    expect(may()).to.equal(true);
    expect(may({ priority: 7, tries: { attempts: 3 } })).to.equal(true);
    for (const options of [{ id: 'mine' }, { orderingKey: 'k' }, { delayMs: 1 }, { tries: { timeoutMs: 1 } }])
      expect(may(options), JSON.stringify(options)).to.equal(false);
    for (const more of [{ limit: { max: 1, periodMs: 1 } }, { concurrency: 1 }, { timeoutMs: 1 }])
      expect(may({}, more), JSON.stringify(more)).to.equal(false);
    for (const limits of [{ queueDepthMax: 9_999 }, { queueBytesMax: 1_000_000 }, { resultsMax: 200 }])
      expect(may({}, {}, limits), JSON.stringify(limits)).to.equal(false);
    for (const promise of [{ durable: true }, { shared: true }, { delivery: 'at-most-once' } as const]) {
      const other = { ...broker, capabilities: { ...broker.capabilities, ...promise } };
      expect(mayBeInChunks(plan, {}, other as never, defaultLimits)).to.equal(false);
    }
  });
});
