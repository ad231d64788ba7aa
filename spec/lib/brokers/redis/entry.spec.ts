import { expect } from 'chai';
import fc from 'fast-check';
import { decodeEntry, decodeLetter, encodeEntry } from '../../../../lib/brokers/redis/entry.js';
import { type Envelope, hasProducedId, messageId, producedId } from '../../../../lib/core/message.js';
import type { Encoded } from '../../../../lib/core/value.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';

const name = fc.string({ unit: 'binary', maxLength: 12 });

const anyEnvelope: fc.Arbitrary<Envelope> = fc
  .record({
    producer: name,
    seq: fc.nat(),
    coalition: name,
    queue: name,
    kind: fc.constantFrom('task' as const, 'result' as const, 'claim' as const, 'stop' as const),
    agent: name,
    orderingKey: fc.option(name, { nil: undefined }),
    priority: fc.nat(9),
    delayMs: fc.nat(),
    tries: fc.constantFrom({}, { attempts: 3 }, { backoff: { type: 'fixed' as const, delayMs: 5 } }),
    deliveries: fc.nat(9),
    failures: fc.nat(9),
    crashes: fc.nat(9),
    enqueuedAtMs: fc.nat(),
    epoch: fc.nat(),
    headers: fc.dictionary(name, name, { noNullPrototype: true }),
    payload: fc.json().map((text) => text as Encoded),
  })
  .map((fields) => testEnvelope(fields.seq, { ...fields, id: producedId(fields.producer, fields.seq) }));

describe('a message as text', () => {
  it('is the same message again, whatever its names, keys, headers and payload are', () => {
    fc.assert(
      fc.property(anyEnvelope, fc.option(name, { nil: undefined }), (plain, own) => {
        const envelope = own === undefined ? plain : { ...plain, id: messageId(own) };
        const text = encodeEntry(envelope, !hasProducedId(envelope));
        expect(decodeEntry(text)).to.deep.equal(envelope);
      }),
    );
  });

  it('of another version is read as a dead letter alone', () => {
    const text = encodeEntry(testEnvelope(1), false).replace('[1,', '[2,');
    expect(decodeEntry(text)).to.equal(undefined);
    expect(decodeLetter(text)).to.deep.equal({ ...testEnvelope(1), v: 2 });
  });

  it('that was cut, changed or never one is none', () => {
    const text = encodeEntry(testEnvelope(1, { headers: { a: 'b' } }), false);
    const head = text.slice(0, text.indexOf('\n'));
    for (let end = 0; end < head.length; end += 1) {
      expect(decodeEntry(text.slice(0, end)), text.slice(0, end)).to.equal(undefined);
    }
    for (const wrong of ['', '\n', '[]\n', '{}\n1', '[1,2,3]\n1', text.replace('"producer"', '7'), head]) {
      expect(decodeEntry(wrong), wrong).to.equal(undefined);
    }
  });
});
