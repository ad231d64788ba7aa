import { expect } from 'chai';
import fc from 'fast-check';
import { ConclaveError, isConclaveError } from '../../../lib/core/errors.js';
import { decode, encode, mayHoldEscapes } from '../../../lib/core/value.js';
import { plain, same } from './plain-values.js';
import { unreadable } from './unreadable.js';

describe('encode and decode', () => {
  it('give a structured copy of any plain value', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const copy = decode(encode(value));
        if (!same(copy, value)) expect.fail(`${fc.stringify(copy)} is not ${fc.stringify(value)}`);
      }),
      { numRuns: 2_000 },
    );
  });

  it('share nothing with the value, nor one decoding with another', () => {
    const bytes = new Uint8Array([1, 2]);
    const encoded = encode({ list: [1], bytes });
    bytes[0] = 9;
    const [first, second] = [decode(encoded), decode(encoded)];
    expect(first).to.deep.equal({ list: [1], bytes: new Uint8Array([1, 2]) });
    expect(first).to.not.equal(second);
    expect(Reflect.get(Object(first), 'list')).to.not.equal(Reflect.get(Object(second), 'list'));
  });

  it('carry undefined at the top, alone', () => {
    expect(decode(encode(undefined))).to.equal(undefined);
    expect(decode(encode({ $undefined: true }))).to.deep.equal({ $undefined: true });
  });

  it('carry a part of a buffer, and none', () => {
    const part = new Uint8Array(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2);
    expect(decode(encode(part))).to.deep.equal(new Uint8Array([2, 3]));
    expect(decode(encode(new Uint8Array()))).to.deep.equal(new Uint8Array());
  });

  it('carry a value named twice, which is no cycle', () => {
    const shared = { n: 1 };
    expect(decode(encode([shared, { again: shared }]))).to.deep.equal([{ n: 1 }, { again: { n: 1 } }]);
  });

  it('know text without escapes by a search alone', () => {
    expect(mayHoldEscapes(encode({ a: [1, 'two'] }))).to.equal(false);
    expect(mayHoldEscapes(encode({ a: new Uint8Array(1) }))).to.equal(true);
  });

  it('carry nesting of 500 levels, and refuse 501', () => {
    expect(depthOf(decode(encode(nested(500))))).to.equal(500);
    expect(refusalOf(nested(501))).to.match(/nesting deeper than 500/);
  });
});

describe('encode refuses, naming the path', () => {
  class Point {
    x = 1;
  }
  class List extends Array {}
  const cycle: { self?: unknown } = {};
  cycle.self = [cycle];
  const sparse: unknown[] = [1];
  sparse[2] = 3;
  const cases: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['undefined in an object', { a: undefined }, 'payload.a', /undefined/],
    ['undefined in a list', { a: [1, 2, 3, undefined] }, 'payload.a[3]', /undefined/],
    ['a hole in a list', sparse, 'payload[1]', /undefined/],
    ['NaN', { a: { b: Number.NaN } }, 'payload.a.b', /NaN/],
    ['Infinity', [Number.POSITIVE_INFINITY], 'payload[0]', /Infinity/],
    ['-Infinity', [Number.NEGATIVE_INFINITY], 'payload[0]', /-Infinity/],
    ['a bigint', { n: 1n }, 'payload.n', /bigint/],
    ['a function', { f: () => 1 }, 'payload.f', /function/],
    ['a symbol', [Symbol('s')], 'payload[0]', /symbol/],
    ['a symbol key', { a: { [Symbol('s')]: 1 } }, 'payload.a', /symbol key/],
    ['a Date', { at: Reflect.construct(Date, [0]) }, 'payload.at', /Date/],
    ['a Map', [{ m: new Map([['day', 1]]) }], 'payload[0].m', /Map/],
    ['an instance of a class of lists', { l: new List() }, 'payload.l', /List/],
    ['a Set', new Set(), 'payload', /Set/],
    ['a RegExp', [[/x/]], 'payload[0][0]', /RegExp/],
    ['an instance of a class', { p: new Point() }, 'payload.p', /Point/],
    ['an error', new Error('e'), 'payload', /Error/],
    ['another typed array', { f: new Float64Array(1) }, 'payload.f', /Float64Array/],
    ['an object of no known class', Object.create(Object.create(null)), 'payload', /unknown class/],
    ['a cycle', cycle, 'payload.self[0]', /cycle/],
  ];
  for (const [name, value, path, what] of cases) {
    it(name, () => {
      const refusal = refusalOf(value);
      expect(refusal.startsWith(`${path} is `), refusal).to.equal(true);
      expect(refusal).to.match(what);
    });
  }

  it('what throws when it is read', () => {
    const getter = unreadable()['an object whose getters throw'];
    expect(refusalOf({ list: [getter] })).to.match(/^payload\.list\[0\]\.a cannot be read: planted\./);
    expect(refusalOf(unreadable()['a revoked proxy'])).to.match(/^payload cannot be read: .*revoked/);
    expect(refusalOf(Object.create(Uint8Array.prototype))).to.match(/^payload cannot be read: /);
    const detached = new Uint8Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(refusalOf([detached])).to.match(/^payload cannot be read: .*detached/);
  });

  it('what has no end as text, though it is small in memory', () => {
    let value: unknown = 1;
    for (let times = 0; times < 64; times += 1) value = [value, value];
    for (const endless of [value, { deep: [{ key: value }] }])
      expect(() => encode(endless, 'result', 1_000))
        .to.throw(ConclaveError, /^The result is more than 1000 bytes encoded/)
        .with.property('code', 'MessageTooLarge');
    const text = 'x'.repeat(2 ** 29 - 24);
    const bytes = new Uint8Array(2_001);
    for (const huge of [text, [text, text], { [text]: 1 }, bytes])
      expect(() => encode(huge, 'result', 1_000)).to.throw(ConclaveError, /more than 1000 bytes/);
  });

  it('under the name of the root it is given', () => {
    expect(refusalOf({ a: 1n }, 'result')).to.match(/^result\.a is a bigint/);
  });

  it('one bad leaf at any place of any plain value', () => {
    const leaf = fc.constantFrom<unknown>(
      undefined,
      Number.NaN,
      1n,
      () => 1,
      Symbol('s'),
      new Map(),
      new Set(),
    );
    const way = fc.array(fc.oneof(fc.nat(3), fc.constantFrom('a', 'b', '$bytes')), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(leaf, way, (bad, places) => {
        const value = places.reduceRight<unknown>(
          (inner, place) =>
            typeof place === 'number' ? [...new Array(place).fill(0), inner] : { first: 1, [place]: inner },
          bad,
        );
        const path = places.map((place) => (typeof place === 'number' ? `[${place}]` : `.${place}`)).join('');
        expect(refusalOf(value).startsWith(`payload${path} is `)).to.equal(true);
      }),
    );
  });
});

function refusalOf(value: unknown, root?: string): string {
  try {
    encode(value, root);
  } catch (error) {
    if (isConclaveError(error, 'NotSerializable')) return error.message;
    throw error;
  }
  return 'nothing was refused';
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

function depthOf(value: unknown): number {
  let depth = 0;
  let inner = value;
  while (typeof inner === 'object' && inner !== null) {
    inner = Object.values(inner)[0];
    depth += 1;
  }
  return depth;
}
