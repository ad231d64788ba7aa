import { expect } from 'chai';
import fc from 'fast-check';
import { chunkHeaders } from '../../../../lib/coalition/chunks/chunk.js';
import { OpenChunk, OpenChunks } from '../../../../lib/coalition/chunks/open-chunks.js';
import { testEnvelope } from '../../../../lib/testing/index.js';

const nobody = { answered: () => {}, failed: () => {} };

function chunkOf(firstSeq: number, count: number): OpenChunk {
  return new OpenChunk({ ...testEnvelope(firstSeq), headers: chunkHeaders(count) }, nobody);
}

const COUNT = 20;
const span = fc
  .tuple(fc.integer({ min: 0, max: COUNT - 1 }), fc.integer({ min: 1, max: COUNT }))
  .map(([from, count]): [number, number] => [from, Math.min(count, COUNT - from)]);
const command = fc.oneof(fc.record({ close: fc.integer({ min: 0, max: COUNT - 1 }) }), fc.record({ span }));

describe('an open chunk', () => {
  it('knows who is waited for as a set of sequence numbers would', () => {
    fc.assert(
      fc.property(fc.array(command), (commands) => {
        const chunk = chunkOf(7, COUNT);
        const open = new Set(Array.from({ length: COUNT }, (_, at) => 7 + at));
        for (const each of commands) {
          if ('close' in each) expect(chunk.close(7 + each.close)).to.equal(open.delete(7 + each.close));
          else {
            const seqs = Array.from({ length: each.span[1] }, (_, at) => 7 + each.span[0] + at);
            const isAll = seqs.every((seq) => open.has(seq));
            expect(chunk.closeSpans([each.span])).to.equal(isAll);
            if (isAll) for (const seq of seqs) open.delete(seq);
          }
          expect(chunk.open).to.equal(open.size);
          expect([...chunk.openSeqs()]).to.deep.equal([...open]);
          expect([...chunk.closedPlaces()].every((at) => !open.has(7 + at))).to.equal(true);
          expect(open.size + [...chunk.closedPlaces()].length).to.equal(COUNT);
        }
      }),
    );
  });

  it('is found by any of its tasks', () => {
    const chunks = new OpenChunks();
    const [one, two] = [chunkOf(1, 10), chunkOf(11, 5)];
    for (const chunk of [one, two]) chunks.add(chunk);
    expect([0, 1, 10, 11, 15, 16].map((seq) => chunks.holding(seq))).to.deep.equal([
      undefined,
      one,
      one,
      two,
      two,
      undefined,
    ]);
    chunks.drop(one);
    expect([chunks.holding(3), chunks.get(1), chunks.get(11)]).to.deep.equal([undefined, undefined, two]);
  });
});
