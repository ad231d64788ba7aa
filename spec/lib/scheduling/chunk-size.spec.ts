import { expect } from 'chai';
import fc from 'fast-check';
import { chunkSize } from '../../../lib/scheduling/chunk-size.js';

const request = fc.record({
  serviceMs: fc.double({ min: 0, max: 100, noNaN: true }),
  credit: fc.integer({ min: 1, max: 10_000 }),
  workers: fc.integer({ min: 0, max: 64 }),
  concurrency: fc.integer({ min: 1, max: 1_000_000 }),
  waiting: fc.integer({ min: 0, max: 1_000_000 }),
});

describe('chunk size', () => {
  it('is one while nothing was measured, and for tasks as long as a chunk may be', () => {
    const plenty = { credit: 256, workers: 2, concurrency: 10_000, waiting: 10_000 };
    expect(chunkSize({ ...plenty, serviceMs: undefined })).to.equal(1);
    expect(chunkSize({ ...plenty, serviceMs: 10 })).to.equal(1);
    expect(chunkSize({ ...plenty, serviceMs: 1 })).to.equal(10);
    expect(chunkSize({ ...plenty, serviceMs: 0.000_1 })).to.equal(128);
    expect(chunkSize({ ...plenty, serviceMs: 0 })).to.equal(128);
  });

  it('leaves each worker its part of what there is', () => {
    const short = { serviceMs: 0.001, credit: 1_024, workers: 4 };
    expect(chunkSize({ ...short, concurrency: 1_000_000, waiting: 100 })).to.equal(25);
    expect(chunkSize({ ...short, concurrency: 512, waiting: 1_000 })).to.equal(64);
    expect(chunkSize({ ...short, concurrency: 4, waiting: 1_000 })).to.equal(1);
  });

  it('never is more than 10 ms of work, half a credit, or a worker’s part; and one, or worth it', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const size = chunkSize(asked);
        expect(size === 1 || size >= 8).to.equal(true);
        if (size === 1) return;
        expect(size * asked.serviceMs).to.be.at.most(10 + 1e-9);
        expect(size).to.be.at.most(asked.credit / 2);
        expect(size * Math.max(1, asked.workers)).to.be.at.most(
          Math.min(asked.waiting, asked.concurrency / 2),
        );
      }),
    );
  });
});
