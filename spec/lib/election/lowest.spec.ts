import { expect } from 'chai';
import fc from 'fast-check';
import { isConclaveError } from '../../../lib/core/errors.js';
import { type Candidate, electLeader, parseCandidates } from '../../../lib/election/lowest.js';

function refusal(body: () => unknown): string {
  try {
    body();
  } catch (thrown) {
    if (isConclaveError(thrown)) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  return 'none';
}

const idSets: fc.Arbitrary<readonly Candidate[]> = fc.oneof(
  fc.uniqueArray(fc.double({ noNaN: true }), { minLength: 1, comparator: 'SameValueZero' }),
  fc.uniqueArray(fc.bigInt(), { minLength: 1 }),
  fc.uniqueArray(fc.string({ unit: 'binary' }), { minLength: 1 }),
);

describe('electLeader', () => {
  it('elects one leader of the set, at most all others, by n - 1 comparisons, in any order', () => {
    fc.assert(
      fc.property(idSets, fc.infiniteStream(fc.nat()), (ids, chance) => {
        const { leader, comparisons } = electLeader(ids);
        expect(ids.filter((id) => id === leader)).to.have.length(1);
        for (const id of ids) expect(leader <= id, `${leader} <= ${id}`).to.equal(true);
        expect(comparisons).to.equal(ids.length - 1);
        const shuffled = ids
          .map((id) => ({ id, key: chance.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ id }) => id);
        expect(electLeader(shuffled).leader).to.equal(leader);
      }),
    );
  });

  it('asks an order of the caller exactly n - 1 times', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(), { minLength: 1 }), (ages) => {
        let asked = 0;
        const oldestFirst = (a: { age: number }, b: { age: number }) => {
          asked += 1;
          return b.age - a.age;
        };
        const { leader, comparisons } = electLeader(
          ages.map((age) => ({ age })),
          oldestFirst,
        );
        expect(leader.age).to.equal(Math.max(...ages));
        expect([asked, comparisons]).to.deep.equal([ages.length - 1, ages.length - 1]);
      }),
    );
  });

  it('refuses a duplicate wherever it stands, by name', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { minLength: 1 }), fc.nat(), fc.nat(), (ids, from, to) => {
        const twice = ids[from % ids.length] ?? '';
        const planted = ids.toSpliced(to % (ids.length + 1), 0, twice);
        expect(refusal(() => electLeader(planted))).to.include(`DuplicateCandidate: Candidate '${twice}'`);
      }),
    );
  });

  it('refuses an empty set, mixed types, NaN, and ids without an order, by name', () => {
    expect(refusal(() => electLeader([]))).to.match(/^NoCandidates/);
    expect(refusal(() => electLeader<number | string>([1, 'a']))).to.match(
      /^InvalidOption: Candidate 'a' \(string\)/,
    );
    expect(refusal(() => electLeader<number | bigint>([1, 2n]))).to.match(
      /^InvalidOption: Candidate 2 \(bigint\)/,
    );
    expect(refusal(() => electLeader([Number.NaN]))).to.match(/^InvalidOption: Candidate NaN/);
  });

  it('refuses an order that calls two ids equal, or answers NaN', () => {
    expect(refusal(() => electLeader(['a', 'b'], () => 0))).to.match(/^DuplicateCandidate/);
    expect(refusal(() => electLeader(['a', 'b'], () => Number.NaN))).to.match(/^InvalidOption/);
  });

  it('takes undefined as an id where the caller gives an order', () => {
    expect(electLeader([undefined, 1], (a) => (a === undefined ? -1 : 1)).leader).to.equal(undefined);
  });
});

describe('parseCandidates', () => {
  const leaderOf = (...words: string[]) => electLeader<Candidate>(parseCandidates(words)).leader;

  it('takes words as numbers if all are, else by code unit', () => {
    expect(leaderOf('10', '9')).to.equal(9);
    expect(leaderOf('10', '9', 'a')).to.equal('10');
    expect(leaderOf('0.5', '-2', '1')).to.equal(-2);
    expect(leaderOf('b', 'a', 'B')).to.equal('B');
  });

  for (const word of ['0x10', '1e3', ' 1', '1 ', '', '+1', '.5', '1.', 'NaN', 'Infinity', '1_000', '١']) {
    it(`takes '${word}' as a word`, () => {
      expect(parseCandidates([word, '2'])).to.deep.equal([word, '2']);
    });
  }

  it("takes '1', '1.0' and '01' as one number, but as three words", () => {
    for (const twin of ['1.0', '01']) {
      expect(refusal(() => leaderOf('1', twin))).to.include('DuplicateCandidate: Candidate 1 ');
    }
    expect(leaderOf('1', '1.0', '01', 'x')).to.equal('01');
  });

  it('keeps every digit of a whole number', () => {
    expect(leaderOf('9007199254740993', '9007199254740992')).to.equal(9007199254740992n);
  });

  it('orders whole numbers as numbers, however long', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.bigInt(), { minLength: 1 }), (values) => {
        const leader = BigInt(leaderOf(...values.map(String)));
        expect(values.filter((value) => value <= leader)).to.deep.equal([leader]);
      }),
    );
  });
});
