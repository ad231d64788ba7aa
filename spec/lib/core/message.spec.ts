import { expect } from 'chai';
import fc from 'fast-check';
import { hasProducedId, messageId, producedId } from '../../../lib/core/message.js';

describe('the id of a message', () => {
  it('is recognised as produced for its own producer and seq, and for no other', () => {
    const name = fc.string({ unit: fc.constantFrom('a', ':', '1'), maxLength: 4 });
    fc.assert(
      fc.property(name, fc.nat(200), name, fc.nat(200), (producer, seq, other, otherSeq) => {
        const id = producedId(producer, seq);
        expect(hasProducedId({ id, producer, seq })).to.equal(true);
        const isSame = `${other}:${otherSeq}` === id;
        expect(hasProducedId({ id, producer: other, seq: otherSeq })).to.equal(isSame);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is recognised also when many were made since, by others and under the same numbers', () => {
    const ids = Array.from({ length: 4_000 }, (_, seq) => producedId('session-1', seq));
    for (let seq = 0; seq < 4_000; seq += 3) producedId('session-2', seq);
    for (const [seq, id] of ids.entries()) {
      expect(hasProducedId({ id, producer: 'session-1', seq })).to.equal(true);
      expect(hasProducedId({ id: producedId('session-2', seq), producer: 'session-1', seq })).to.equal(false);
      const made = producedId('session-1', seq);
      for (let power = 8; power <= 16; power += 1)
        expect(hasProducedId({ id: made, producer: 'session-1', seq: seq + 2 ** power })).to.equal(false);
    }
  });

  it("is the caller's own when it is anything else", () => {
    const envelope = { producer: 'session-1', seq: 12 };
    for (const text of ['session-1:1', 'session-1:012', 'session-1;12', 'session-2:12', 'order-7', '12']) {
      expect(hasProducedId({ ...envelope, id: messageId(text) }), text).to.equal(false);
    }
  });
});
