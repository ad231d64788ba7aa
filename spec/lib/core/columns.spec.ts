import { expect } from 'chai';
import fc from 'fast-check';
import { ColumnWriter, decodeColumns, encodeColumns } from '../../../lib/core/columns.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { decode, type Encoded, encode, encodeWithin } from '../../../lib/core/value.js';
import { key, plain, same, toRecord } from './plain-values.js';
import { unreadable } from './unreadable.js';

/** What a field of one shape holds, most of the time. */
const field = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constantFrom(null, 0, -0)) },
  { weight: 1, arbitrary: plain },
);

/** Objects of one shape, but for some that have a key more, another order, another type or none of it. */
const nearlyAlike = fc
  .uniqueArray(fc.oneof(fc.constantFrom('a', 'b', 'n', '7', '1'), key), { minLength: 1, maxLength: 12 })
  .chain((keys) => {
    const row = fc
      .tuple(...keys.map(() => field))
      .map((fields) => keys.map((name, at) => [name, fields[at]] as const));
    const within = fc.tuple(row, row).map(([outer, inner]) => toRecord([...outer, ['in', toRecord(inner)]]));
    return fc.array(
      fc.oneof(
        { weight: 8, arbitrary: row.map(toRecord) },
        { weight: 4, arbitrary: within },
        { weight: 1, arbitrary: row.map((entries) => toRecord([...entries, ['one more', 1]])) },
        { weight: 1, arbitrary: row.map((entries) => toRecord(entries.toReversed())) },
        { weight: 1, arbitrary: row.map((entries) => toRecord(entries.slice(1))) },
        { weight: 1, arbitrary: fc.oneof(plain, fc.constant(undefined)) },
      ),
      { maxLength: 12 },
    );
  });

const values = fc.oneof(nearlyAlike, fc.array(fc.oneof(plain, fc.constant(undefined))), fc.array(field));

/** What `encode` says to this value, or nothing. */
function refusalOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ConclaveError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return undefined;
}

describe('columns', () => {
  it('give what each value gives by itself, of one shape or of many', () => {
    fc.assert(
      fc.property(values, (all) => {
        const text = encodeColumns(all);
        const [found, expected] = [decodeColumns(text), all.map((value) => decode(encode(value)))];
        if (!same(found, expected))
          expect.fail(`${fc.stringify(found)} is not ${fc.stringify(expected)}; ${text}`);
        expect(text.includes('\n')).to.equal(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('say keys once where all values have them, and keep to fields where one of many differs', () => {
    expect(encodeColumns([1, 'two', null])).to.equal('[1,"two",null]');
    const alike = [1, 2].map((n) => ({ n, at: { x: n, y: 'y' }, list: [n] }));
    expect(encodeColumns(alike)).to.equal(
      '{"keys":["n","at","list"],"fields":[[1,2],{"keys":["x","y"],"fields":[[1,2],["y","y"]]},[[1],[2]]]}',
    );
    expect(
      encodeColumns([
        { n: 1, m: 1 },
        { n: [2], m: 2 },
      ]),
    ).to.equal('{"keys":["n","m"],"fields":[[1,[2]],[1,2]]}');
    expect(encodeColumns([{ n: 1 }, { n: 2 }, { m: 3 }])).to.equal('[{"n":1},{"n":2},{"m":3}]');
    expect(encodeColumns([])).to.equal('[]');
    const deep = { a: { a: { a: { a: { a: { a: 1 } } } } } };
    expect(encodeColumns([deep])).to.equal(
      `${'{"keys":["a"],"fields":['.repeat(4)}[{"a":{"a":1}}]${']}'.repeat(4)}`,
    );
  });

  it('share nothing with the values, nor one decoding with another', () => {
    const writer = new ColumnWriter();
    const reused = { n: 1, list: [1], within: { bytes: new Uint8Array([1]) } };
    for (const n of [1, 2]) {
      [reused.n, reused.list[0], reused.within.bytes[0]] = [n, n, n];
      writer.push(reused);
    }
    reused.n = 9;
    const text = writer.take();
    const expected = [1, 2].map((n) => ({ n, list: [n], within: { bytes: new Uint8Array([n]) } }));
    expect(decodeColumns(text)).to.deep.equal(expected);
    const [[first], [second]] = [decodeColumns(text), decodeColumns(text)];
    expect(first).to.not.equal(second);
  });

  it('refuse a value as encode does, and go on without it', () => {
    const bad = fc.constantFrom<unknown>(
      undefined,
      Number.NaN,
      1n,
      () => 1,
      Symbol('s'),
      new Map(),
      Object.create([]),
    );
    const way = fc.array(fc.oneof(fc.nat(2), fc.constantFrom('a', 'b', 'in')), {
      minLength: 1,
      maxLength: 6,
    });
    const misfit = fc
      .tuple(bad, way)
      .map(([leaf, places]) =>
        places.reduceRight<unknown>(
          (inner, place) =>
            typeof place === 'number' ? [...Array(place).fill(0), inner] : { a: 1, [place]: inner },
          leaf,
        ),
      );
    const run = (all: readonly unknown[]) => {
      const writer = new ColumnWriter('result');
      const taken = all.filter((value) => {
        const refusal = refusalOf(() => writer.push(value));
        expect(refusal).to.equal(refusalOf(() => encode(value, 'result')));
        return refusal === undefined;
      });
      expect(writer.length).to.equal(taken.length);
      const found = decodeColumns(writer.take());
      expect(
        same(
          found,
          taken.map((value) => decode(encode(value))),
        ),
      ).to.equal(true);
    };
    const row = fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => ({ a: 1, b, in: { a } }));
    fc.assert(fc.property(fc.array(fc.oneof(row, row, misfit, plain), { maxLength: 8 }), run), {
      numRuns: 1_000,
    });
  });

  it('take their shape from the first value that they take', () => {
    const writer = new ColumnWriter();
    expect(() => writer.push({ other: 1, bad: 1n })).to.throw(ConclaveError);
    for (const n of [1, 2]) writer.push({ n });
    expect(writer.take()).to.equal('{"keys":["n"],"fields":[[1,2]]}');
    writer.push('another');
    expect(writer.take()).to.equal('["another"]');
  });

  it('refuse cycles, depth, symbols and what cannot be read, in words of encode', () => {
    const cycle: { a: number; self?: unknown } = { a: 1 };
    cycle.self = cycle;
    const deep = (levels: number) => {
      let value: unknown = 1;
      for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
      return value;
    };
    const shared = { n: 1 };
    const odd = [
      cycle,
      deep(501),
      deep(502),
      deep(503),
      { a: 1, [Symbol('s')]: 1 },
      { a: { b: 1, [Symbol('s')]: 1 } },
    ];
    for (const value of [...odd, { a: 1, b: deep(500) }, ...Object.values(unreadable())])
      expect(refusalOf(() => encodeColumns([value]))).to.equal(refusalOf(() => encode(value)));
    for (const value of [deep(500), { one: shared, two: shared }])
      expect(same(decodeColumns(encodeColumns([value, value])), [value, value])).to.equal(true);
  });

  it('refuse a value over bytesMax to the byte, each by itself, and take the next', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\u0000', 'é', '😀', '"'), maxLength: 30 });
    const run = (all: readonly string[], bytesMax: number) => {
      const writer = new ColumnWriter('payload', bytesMax);
      for (const said of all) {
        const value = { said, n: 1 };
        expect(refusalOf(() => writer.push(value))).to.equal(
          refusalOf(() => encodeWithin(value, 'payload', bytesMax)),
        );
      }
      const taken = all.filter((said) => Buffer.byteLength(JSON.stringify({ said, n: 1 })) <= bytesMax);
      expect(decodeColumns(writer.take())).to.deep.equal(taken.map((said) => ({ said, n: 1 })));
    };
    fc.assert(fc.property(fc.array(text, { maxLength: 6 }), fc.integer({ min: 12, max: 150 }), run));
    let endless: unknown = 1;
    for (let times = 0; times < 64; times += 1) endless = { a: endless, b: endless };
    expect(refusalOf(() => encodeColumns([endless], 'result', 1_000))).to.match(
      /^MessageTooLarge: The result is/,
    );
  });

  it('are nobody else`s texts: what is not of their making is refused', () => {
    const texts = ['{}', '1', 'null', '{"keys":["a"],"fields":[]}', '{"keys":["a","b"],"fields":[[1],[]]}'];
    for (const text of [...texts, '{"keys":["__proto__"],"fields":[[{}]]}', '{"keys":[1],"fields":[[1]]}'])
      expect(() => decodeColumns(text as Encoded), text).to.throw(TypeError, /^A text of columns has/);
    expect(() => decodeColumns('[1,' as Encoded)).to.throw(SyntaxError);
  });
});
