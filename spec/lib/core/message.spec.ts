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

  it("is the caller's own when it is anything else", () => {
    const envelope = { producer: 'session-1', seq: 12 };
    for (const text of ['session-1:1', 'session-1:012', 'session-1;12', 'session-2:12', 'order-7', '12']) {
      expect(hasProducedId({ ...envelope, id: messageId(text) }), text).to.equal(false);
    }
  });
});
