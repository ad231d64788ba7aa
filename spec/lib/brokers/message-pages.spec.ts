import { expect } from 'chai';
import fc from 'fast-check';
import type { Lease } from '../../../lib/brokers/lease-table.js';
import { MessagePages } from '../../../lib/brokers/message-pages.js';
import { type Envelope, hasProducedId, messageId } from '../../../lib/core/message.js';
import { encode } from '../../../lib/core/value.js';
import { testEnvelope } from '../../../lib/testing/index.js';

/** Envelopes of many kinds: each field by itself is now like, now unlike that of the one before. */
const envelope: fc.Arbitrary<Envelope> = fc
  .record({
    seq: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(2 ** 40, Number.MAX_SAFE_INTEGER)),
    ownId: fc.option(fc.constantFrom('a', 'producer:', 'producer:7'), { freq: 3, nil: undefined }),
    fields: fc.record(
      {
        producer: fc.constantFrom('producer', 'other'),
        coalition: fc.constantFrom('spec', 'tenant'),
        queue: fc.constantFrom('tasks', 'more'),
        kind: fc.constantFrom('task', 'claim'),
        agent: fc.constantFrom('x', 'y', 'z'),
        priority: fc.integer({ min: 0, max: 9 }),
        tries: fc.constantFrom({}, { attempts: 2 }, { timeoutMs: 5 }),
        deliveries: fc.nat(1),
        failures: fc.nat(1),
        crashes: fc.nat(1),
        enqueuedAtMs: fc.constantFrom(0, 0.5, 1_700_000_000_000),
        epoch: fc.nat(1),
        headers: fc.constantFrom({}, { query: 'q' }, { query: 'r' }, { query: 'q', loop: '1' }),
        payload: fc.constantFrom('payload', 7, { n: 'ä' }).map((value) => encode(value)),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ seq, ownId, fields }) =>
    testEnvelope(seq, { ...fields, ...(ownId === undefined ? {} : { id: messageId(ownId) }) }),
  );

function put(pages: MessagePages<Lease>, seq: number, message: Envelope): void {
  pages.put(seq, message, hasProducedId(message));
}

describe('MessagePages', () => {
  it('gives every envelope back as it was, packed or not, and whatever came and went between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ message: envelope, drops: fc.nat(3), pick: fc.nat(1_000) }), {
          maxLength: 700,
          size: 'max',
        }),
        fc.constantFrom(0, 5, 300),
        (steps, unpackedMax) => {
          const pages = new MessagePages<Lease>(unpackedMax);
          const expected = new Map<number, Envelope>();
          for (const [at, { message, drops, pick }] of steps.entries()) {
            put(pages, at + 1, message);
            expected.set(at + 1, message);
            if (drops > 0) continue;
            const gone = [...expected.keys()][pick % expected.size] ?? 0;
            expect(pages.at(gone)).to.deep.equal(expected.get(gone));
            pages.drop(gone);
            expected.delete(gone);
          }
          for (const [seq, message] of expected) expect(pages.at(seq)).to.deep.equal(message);
          expect(pages.length).to.equal(expected.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('knows to the byte what there is room for, however often that is asked on the way', () => {
    const text = fc.constantFrom('a', 'ä', '€', '😀', 'four', '€€€€€€€€');
    fc.assert(
      fc.property(
        fc.array(fc.record({ text, isAdded: fc.boolean(), pick: fc.nat(100) }), {
          maxLength: 100,
          size: 'max',
        }),
        fc.integer({ min: 10, max: 200 }),
        fc.constantFrom(0, 10),
        (steps, bytesMax, unpackedMax) => {
          const pages = new MessagePages<Lease>(unpackedMax);
          const expected = new Map<number, number>();
          for (const [at, { text: value, isAdded, pick }] of steps.entries()) {
            const payload = encode(value);
            const bytes = Buffer.byteLength(payload);
            const sum = [...expected.values()].reduce((all, each) => all + each, bytes);
            expect(pages.hasRoomFor(payload, bytesMax)).to.equal(sum <= bytesMax);
            const gone = [...expected.keys()][pick % expected.size];
            if (isAdded && sum <= bytesMax) {
              put(pages, at + 1, testEnvelope(at + 1, { payload }));
              expected.set(at + 1, bytes);
            } else if (gone !== undefined) {
              pages.drop(gone);
              expected.delete(gone);
            }
          }
        },
      ),
    );
  });

  it('has no page for what is gone, however much that was, beside one for the next message', () => {
    const pages = new MessagePages<Lease>();
    for (let seq = 1; seq <= 5_000; seq += 1) put(pages, seq, testEnvelope(seq));
    expect(pages.pages).to.equal(20);
    for (let seq = 5_000; seq > 1; seq -= 1) pages.drop(seq);
    expect(pages.pages, 'the first message still lies there').to.equal(2);
    for (let seq = 5_001; seq <= 50_000; seq += 1) {
      put(pages, seq, testEnvelope(seq));
      pages.drop(seq);
    }
    expect(pages.pages).to.equal(2);
    expect(pages.at(1)).to.deep.equal(testEnvelope(1));
  });

  it('shares what envelopes have in common: of a thousand that differ in seq and payload alone, one head a page', () => {
    const pages = new MessagePages<Lease>(0);
    for (let seq = 1; seq <= 1_000; seq += 1) put(pages, seq, testEnvelope(seq, { headers: { query: 'q' } }));
    const [one, other] = [pages.at(300), pages.at(400)];
    expect(one).to.deep.equal(testEnvelope(300, { headers: { query: 'q' } }));
    expect('headers' in one && one.headers).to.equal('headers' in other && other.headers);
  });
});
