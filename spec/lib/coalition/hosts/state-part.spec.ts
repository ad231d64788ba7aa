import { expect } from 'chai';
import fc from 'fast-check';
import { decodePart, encodeParts } from '../../../../lib/coalition/hosts/state-part.js';
import { encode } from '../../../../lib/core/value.js';
import { sharedResult } from './results.js';

/** Somewhat more than the bound of a part: its head and one result come on top. */
const PART_BYTES_MAX = 256 * 1_024 + 1_024;

const value = fc.oneof(
  fc.jsonValue(),
  fc.constant(undefined),
  fc.uint8Array(),
  fc.constant('x'.repeat(100_000)),
  fc.constant('ü"\\\u2028'.repeat(9)),
);

describe('state part', () => {
  it('has all results in order, whatever is in them, however many parts they take', () => {
    const values = fc.array(value, { maxLength: 12 });
    fc.assert(
      fc.property(values, fc.nat(50), (of, from) => {
        const results = of.map((one, at) => sharedResult(from + at, normal(one)));
        const parts = encodeParts({ coordinator: 'c', query: 'q "1"', turn: 3, from, results }).map(
          decodePart,
        );
        let at = from;
        for (const part of parts) {
          expect(part).to.include({ coordinator: 'c', query: 'q "1"', turn: 3, from: at });
          at += part.results.length;
        }
        // Nothing undefined crosses: such an entry comes without a value.
        const found = parts.flatMap((part) => part.results.map((one) => ({ ...one, value: one.value })));
        expect(found).to.deep.equal(results);
      }),
    );
  });

  it('is small, unless one result alone is not', () => {
    const results = Array.from({ length: 40 }, (_, at) => sharedResult(at, 'x'.repeat(50_000)));
    const parts = encodeParts({ coordinator: 'c', query: 'q', turn: 1, from: 0, results });
    expect(parts.length).to.be.within(8, 12);
    for (const part of parts) expect(part.length).to.be.below(PART_BYTES_MAX);
  });

  it('is one even without a result, so that its query is known', () => {
    const [part, ...more] = encodeParts({ coordinator: 'c', query: 'q', turn: 1, from: 0, results: [] });
    expect(more).to.deep.equal([]);
    expect(decodePart(part ?? encode(null))).to.deep.equal({
      coordinator: 'c',
      query: 'q',
      turn: 1,
      from: 0,
      results: [],
    });
  });

  it('is refused where it is none', () => {
    expect(() =>
      decodePart(encode({ coordinator: 'c', query: 'q', turn: 0, from: 0, results: [] })),
    ).to.throw('turn');
    expect(() => decodePart(encode({ coordinator: 'c', query: 'q', turn: 1, from: 0 }))).to.throw('results');
  });
});

/** JSON knows no negative zero. */
function normal(one: unknown): unknown {
  return one instanceof Uint8Array || one === undefined ? one : JSON.parse(JSON.stringify(one));
}
