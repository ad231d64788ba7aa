import { expect } from 'chai';
import fc from 'fast-check';
import { decodeColumns, encodeColumns } from '../../../lib/core/columns.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { ChunkFrame } from '../../../lib/core/frame.js';
import { HeldChunk } from '../../../lib/host/held-chunk.js';
import { type Ended, NONE, type Settled } from '../../../lib/host/held-tasks.js';

function heldChunk(count: number, more: Partial<ChunkFrame> = {}): HeldChunk {
  const payloads = encodeColumns(Array.from({ length: count }, (_, at) => ({ at })));
  return new HeldChunk(
    {
      type: 'chunk',
      batch: 7,
      agent: 'a',
      producer: 'p',
      firstSeq: 40,
      count,
      skip: [],
      payloads,
      extras: [],
      ...more,
    },
    100,
  );
}

/** Which positions answered what, by a frame; also checks that the frame keeps its own rules. */
function answersOf(settled: Settled): (readonly [number, unknown])[] {
  if (settled.type !== 'chunkSettled') throw new Error('a chunk settles as one');
  const at = settled.spans.flatMap(([from, count]) =>
    Array.from({ length: count }, (_, index) => from + index),
  );
  expect(at).to.deep.equal(at.toSorted((one, other) => one - other));
  for (const [index, [from]] of settled.spans.entries()) {
    const before = settled.spans[index - 1];
    if (before !== undefined) expect(from).to.be.greaterThan(before[0] + before[1]);
  }
  const values = decodeColumns(settled.values);
  expect(values).to.have.length(at.length);
  return at.map((place, index) => [place, values[index]]);
}

function byPlace([one]: readonly [number, unknown], [other]: readonly [number, unknown]): number {
  return one - other;
}

describe('a held chunk', () => {
  it('knows each task by its position', () => {
    const chunk = heldChunk(3, { extras: [{ at: 1, timeoutMs: 5, recorded: [] }] });
    expect([chunk.agentOf(), chunk.idOf(2), chunk.attemptOf()]).to.deep.equal(['a', 'p:42', 1]);
    expect(chunk.payloadOf(2)).to.deep.equal({ at: 2 });
    expect([chunk.timeoutMsOf(0), chunk.timeoutMsOf(1)]).to.deep.equal([undefined, 5]);
  });

  it('gives back each task once, and only before its turn; what is skipped never', () => {
    const chunk = heldChunk(7, { skip: [1, 6] });
    expect(chunk.waiting).to.equal(5);
    expect(chunk.next()).to.equal(0);
    expect(chunk.recall([0, 1, 3, 5, 5, 6, 7, -1, 1.5])).to.deep.equal([3, 5]);
    expect(chunk.recall([3, 5])).to.deep.equal([]);
    expect([chunk.next(), chunk.waiting, chunk.next(), chunk.next()]).to.deep.equal([2, 1, 4, NONE]);
    expect(chunk.recall([0, 1, 2, 3, 4, 5, 6])).to.deep.equal([]);
  });

  it('accounts for every task once, as begun or as given back, in whatever order it is recalled', () => {
    const positions = fc.array(fc.integer({ min: -1, max: 9 }));
    const run = (size: number, skip: readonly number[], recalls: readonly (readonly number[])[]) => {
      const skipped = new Set(skip.filter((at) => at >= 0 && at < size));
      const chunk = heldChunk(size, { skip: [...skipped] });
      const seen = [...skipped];
      for (let turn = 0; turn <= size; turn += 1) {
        seen.push(...chunk.recall(recalls[turn] ?? []));
        expect(chunk.isDone).to.equal(seen.length === size);
        const at = chunk.next();
        if (at === NONE) continue;
        seen.push(at);
        if (at % 2 === 0) chunk.answer(at, at, undefined);
        else chunk.fail(at, new Error('odd'));
      }
      expect(seen.toSorted()).to.deep.equal(Array.from({ length: size }, (_, at) => at));
      expect([chunk.isDone, chunk.waiting]).to.deep.equal([true, 0]);
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), positions, fc.array(positions, { maxLength: 12 }), run),
    );
  });

  it('tells what has ended once, each answer at its place, in whatever order tasks end', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.integer().map((n) => ({ n })),
      fc.constant(undefined),
    );
    const outcome = fc.record({
      value,
      isFailure: fc.boolean(),
      doesClaim: fc.boolean(),
      isReported: fc.boolean(),
    });
    const outcomes = fc
      .array(outcome, { minLength: 1, maxLength: 20 })
      .chain((all) => fc.shuffledSubarray([...all.entries()], { minLength: all.length }));
    fc.assert(
      fc.property(outcomes, (all) => {
        const chunk = heldChunk(all.length);
        const ended = new Map<string, Ended>();
        const settled: Settled[] = [];
        for (const [at, { value, isFailure, doesClaim, isReported }] of all) {
          if (isFailure) chunk.fail(at, new Error(`no ${at}`));
          else chunk.answer(at, value, doesClaim ? [{ text: `c${at}` }] : undefined);
          if (isReported) settled.push(...chunk.takeSettled(ended));
        }
        settled.push(...chunk.takeSettled(ended));
        const answered = all.filter(([, { isFailure }]) => !isFailure);
        expect(settled.flatMap(answersOf).toSorted(byPlace)).to.deep.equal(
          answered.map(([at, { value }]) => [at, value] as const).toSorted(byPlace),
        );
        const failures = settled.flatMap((frame) =>
          frame.failures.map(({ at, error }) => `${at} ${error.message}`),
        );
        const failed = all.filter(([, { isFailure }]) => isFailure).map(([at]) => `${at} no ${at}`);
        expect(failures.toSorted()).to.deep.equal(failed.toSorted());
        for (const frame of settled) {
          const places = answersOf(frame).map(([at]) => at);
          expect(places).to.include.members(frame.claims.map(({ at }) => at));
        }
        const claims = settled.flatMap((frame) => frame.claims.map(({ claims }) => claims[0]?.text ?? ''));
        const claimed = answered.filter(([, { doesClaim }]) => doesClaim).map(([at]) => `c${at}`);
        expect(claims.toSorted()).to.deep.equal(claimed.toSorted());
        expect(ended.get('a')).to.deep.equal({ count: all.length, failed: failed.length });
        expect([chunk.takeSettled(ended), chunk.isDone]).to.deep.equal([[], true]);
      }),
      { numRuns: 300 },
    );
  });

  it('reports one span where all answered in order', () => {
    const chunk = heldChunk(4);
    for (let at = chunk.next(); at !== NONE; at = chunk.next()) chunk.answer(at, at * at, undefined);
    expect(chunk.takeSettled(new Map())).to.deep.equal([
      { type: 'chunkSettled', batch: 7, spans: [[0, 4]], values: '[0,1,4,9]', failures: [], claims: [] },
    ]);
  });

  it('takes no answer that cannot cross, and still takes another for that task', () => {
    for (const isLate of [false, true]) {
      const chunk = heldChunk(2);
      if (isLate) chunk.answer(1, 1, undefined);
      expect(() => chunk.answer(0, { n: 1n }, undefined)).to.throw(ConclaveError, /^result\.n is a bigint/);
      expect(() => chunk.answer(0, 'x'.repeat(99), undefined)).to.throw(ConclaveError, 'at most 100 cross');
      chunk.fail(0, new Error('as it says'));
      const settled = chunk.takeSettled(new Map());
      expect(settled.flatMap(answersOf)).to.deep.equal(isLate ? [[1, 1]] : []);
      expect(settled.flatMap(({ failures }) => failures.map(({ at }) => at))).to.deep.equal([0]);
    }
  });

  it('is not taken with too few payloads', () => {
    expect(() => heldChunk(3, { payloads: encodeColumns([1]) })).to.throw('a payload for each');
  });
});
