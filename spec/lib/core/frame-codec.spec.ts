import { expect } from 'chai';
import fc from 'fast-check';
import { encodeColumns } from '../../../lib/core/columns.js';
import type { HostFrame, WorkerFrame } from '../../../lib/core/frame.js';
import {
  decodeHostFrame,
  decodeWorkerFrame,
  encodeFrame,
  FrameReader,
  framed,
} from '../../../lib/core/frame-codec.js';
import { encode } from '../../../lib/core/value.js';

const value = fc.jsonValue().map((plain) => encode(plain));
const columns = fc.array(fc.jsonValue()).map((values) => encodeColumns(values));
const text = fc.string({ unit: 'binary' });
const count = fc.nat(9);
const error = fc.record({ name: text, message: text, code: text }, { requiredKeys: ['name', 'message'] });

const extra = fc.record({
  at: count,
  timeoutMs: fc.option(count),
  recorded: fc.array(fc.tuple(text, value), { maxLength: 3 }),
});

const hostFrame: fc.Arbitrary<HostFrame> = fc.oneof(
  fc
    .tuple(fc.array(fc.tuple(text, text, count, value), { maxLength: 5 }), fc.array(extra))
    .map(([rows, extras]) => ({
      type: 'batch' as const,
      batch: rows.length,
      ids: rows.map(([id]) => id),
      agents: rows.map(([, agent]) => agent),
      attempts: rows.map(([, , attempts]) => attempts),
      payloads: rows.map(([, , , payload]) => payload),
      extras,
    })),
  fc.record({
    type: fc.constant('chunk' as const),
    batch: count,
    agent: text,
    producer: text,
    firstSeq: count,
    count,
    skip: fc.array(count),
    payloads: columns,
    extras: fc.array(extra),
  }),
  fc.record({ type: fc.constant('state' as const), reset: fc.boolean(), results: value }),
  fc.record({ type: fc.constant('cancel' as const), batch: count, at: fc.array(count), reason: text }),
  fc.record({ type: fc.constant('recall' as const), batch: count, at: fc.array(count) }),
  fc.record({ type: fc.constant('recorded' as const), batch: count, at: count, key: text }),
  fc.constantFrom({ type: 'drain' as const }, { type: 'stop' as const }),
);

const workerFrame: fc.Arbitrary<WorkerFrame> = fc.oneof(
  fc.record({ type: fc.constant('ready' as const), credit: count }),
  fc.record({ type: fc.constant('progress' as const), batch: count, at: count, fraction: fc.constant(0.5) }),
  fc.record({ type: fc.constant('failed' as const), error }),
  fc.record({ type: fc.constant('began' as const), batch: count, at: count }),
  fc.record({ type: fc.constant('returned' as const), batch: count, at: fc.array(count), credit: count }),
  fc.record({
    type: fc.constant('record' as const),
    batch: count,
    at: count,
    key: text,
    outcome: fc.oneof(value, fc.constant(encode(undefined))),
  }),
  fc.record({
    type: fc.constant('chunkSettled' as const),
    batch: count,
    spans: fc.array(fc.tuple(count, count)),
    values: columns,
    failures: fc.array(fc.record({ at: count, error })),
    claims: fc.array(fc.record({ at: count, claims: fc.array(fc.record({ text })) })),
    credit: count,
  }),
  fc
    .tuple(fc.array(fc.tuple(count, value)), fc.array(fc.record({ at: count, error })), fc.array(text))
    .map(([rows, failures, claims]) => ({
      type: 'settled' as const,
      batch: 1,
      at: rows.map(([at]) => at),
      values: rows.map(([, encoded]) => encoded),
      failures,
      claims: [{ at: 0, claims: claims.map((said) => ({ text: said })) }],
      credit: 3,
    })),
);

describe('frames', () => {
  it('come out of their text as they went in', () => {
    fc.assert(
      fc.property(hostFrame, (frame) => {
        expect(decodeHostFrame(encodeFrame(frame))).to.deep.equal(frame);
      }),
    );
    fc.assert(
      fc.property(workerFrame, (frame) => {
        expect(decodeWorkerFrame(encodeFrame(frame))).to.deep.equal(frame);
      }),
    );
  });

  it('come out of a byte stream in order, however it is cut', () => {
    const texts = fc.array(fc.oneof(text, fc.string({ unit: 'grapheme', maxLength: 200 })), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(texts, cuts, (all, sizes) => {
        const wellFormed = all.map((one) => Buffer.from(one.replaceAll('\0', '')).toString()); // as JSON text is
        const bytes = Buffer.concat(wellFormed.map(framed));
        const reader = new FrameReader();
        const read: string[] = [];
        for (let [from, at] = [0, 0]; from < bytes.length; at += 1) {
          const to = from + (sizes[at % sizes.length] ?? 1);
          read.push(...reader.push(bytes.subarray(from, to)));
          from = to;
        }
        expect(read).to.deep.equal(wellFormed);
      }),
    );
  });

  it('keep a long frame cheap that comes in many pieces', () => {
    const long = 'x'.repeat(4_000_000);
    const bytes = framed(long);
    const reader = new FrameReader();
    const read: string[] = [];
    for (let from = 0; from < bytes.length; from += 1_000)
      read.push(...reader.push(bytes.subarray(from, from + 1_000)));
    expect(read).to.deep.equal([long]);
  });
});
