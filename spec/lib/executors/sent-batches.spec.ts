import { expect } from 'chai';
import fc from 'fast-check';
import { isConclaveError } from '../../../lib/core/errors.js';
import type { ChunkFrame, Span, WorkerFrame } from '../../../lib/core/frame.js';
import { encode } from '../../../lib/core/value.js';
import { SentBatches } from '../../../lib/executors/sent-batches.js';
import { batchOf } from './running-worker.js';

/** What became of each position, and when its frame comes. */
const fates = fc.array(fc.tuple(fc.constantFrom('answered', 'failed', 'returned', 'skipped'), fc.nat(3)), {
  maxLength: 12,
});
const error = { name: 'Error', message: 'm' };

function chunk(batch: number, count: number, skip: readonly number[]): ChunkFrame {
  return {
    type: 'chunk',
    batch,
    agent: 'a',
    producer: 'p',
    firstSeq: 1,
    count,
    skip,
    payloads: encode([]),
    extras: [],
  };
}

function spansOf(at: readonly number[]): Span[] {
  return at.map((place) => [place, 1]);
}

/** The frames that account for all that was not skipped. */
function accounts(
  batch: number,
  all: readonly (readonly [string, number])[],
  isChunk: boolean,
): WorkerFrame[] {
  const frames: WorkerFrame[] = [];
  for (let turn = 0; turn <= 3; turn += 1) {
    const placesOf = (fate: string) =>
      all.flatMap(([is, when], at) => (is === fate && when === turn ? at : []));
    const rest = { batch, failures: placesOf('failed').map((at) => ({ at, error })), claims: [], credit: 1 };
    const at = placesOf('answered');
    if (isChunk) frames.push({ type: 'chunkSettled', spans: spansOf(at), values: encode(at), ...rest });
    else frames.push({ type: 'settled', at, values: at.map((place) => encode(place)), ...rest });
    frames.push({ type: 'returned', batch, at: placesOf('returned'), credit: 1 });
  }
  return frames;
}

function isRefused(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (thrown) {
    if (isConclaveError(thrown, 'MalformedFrame')) return true;
    throw thrown;
  }
}

describe('what a worker was sent', () => {
  it('is accounted for once, a task at a time, and is then forgotten', () => {
    fc.assert(
      fc.property(fates, fc.boolean(), (drawn, isChunk) => {
        const all = isChunk ? drawn : drawn.filter(([fate]) => fate !== 'skipped');
        const skip = all.flatMap(([fate], at) => (fate === 'skipped' ? at : []));
        fc.pre(all.length > skip.length);
        const sent = new SentBatches();
        sent.add(batchOf(1, 'a', [null]));
        sent.add(isChunk ? chunk(2, all.length, skip) : batchOf(2, 'a', all));
        for (const frame of accounts(2, all, isChunk)) sent.account(frame);
        expect(sent.size).to.equal(1);
        for (let at = 0; at <= all.length; at += 1)
          expect(isRefused(() => sent.account({ type: 'returned', batch: 2, at: [at], credit: 1 }))).to.equal(
            true,
          );
      }),
    );
  });

  const sent = () => {
    const batches = new SentBatches();
    batches.add(batchOf(1, 'a', [null, null]));
    batches.add(chunk(2, 4, [1]));
    return batches;
  };
  const settled = { failures: [], claims: [], credit: 1, values: [] };
  const nothing = encode([]);
  const refused: readonly (readonly [string, WorkerFrame])[] = [
    ['a batch that was not sent', { type: 'settled', batch: 3, at: [0], ...settled }],
    ['a place beyond its batch', { type: 'settled', batch: 1, at: [0, 2], ...settled }],
    ['a place twice', { type: 'settled', batch: 1, at: [0, 0], ...settled }],
    [
      'an answer that failed too',
      { type: 'settled', batch: 1, at: [0], ...settled, failures: [{ at: 0, error }] },
    ],
    [
      'a span over what is skipped',
      { type: 'chunkSettled', batch: 2, spans: [[0, 2]], ...settled, values: nothing },
    ],
    [
      'a span beyond its chunk',
      { type: 'chunkSettled', batch: 2, spans: [[3, 2]], ...settled, values: nothing },
    ],
    ['a place that has begun nowhere', { type: 'began', batch: 1, at: 2 }],
    ['the progress of a batch to come', { type: 'progress', batch: 3, at: 0, fraction: 0 }],
    ['a record of a batch to come', { type: 'record', batch: 3, at: 0, key: 'k', outcome: nothing }],
  ];
  for (const [what, frame] of refused) {
    it(`has no word of ${what}`, () => {
      expect(isRefused(() => sent().account(frame))).to.equal(true);
    });
  }

  it('may be spoken of by a handler that goes on after its answer', () => {
    const batches = sent();
    batches.account({ type: 'settled', batch: 1, at: [0, 1], ...settled });
    batches.account({ type: 'progress', batch: 1, at: 1, fraction: 1 });
    expect(batches.size).to.equal(1);
  });

  it('begins with one word that the worker is ready', () => {
    const batches = new SentBatches();
    batches.account({ type: 'ready', credit: 1 });
    expect(isRefused(() => batches.account({ type: 'ready', credit: 1 }))).to.equal(true);
  });
});
