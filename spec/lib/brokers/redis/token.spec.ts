import { expect } from 'chai';
import fc from 'fast-check';
import { type Place, placeOf, seqOf, tokenOf } from '../../../../lib/brokers/redis/token.js';

const place: fc.Arbitrary<Place> = fc.record({
  grant: fc.stringMatching(/^[\w.-]{1,20}$/),
  code: fc.tuple(fc.constantFrom('4', '0', 'x'), fc.string()).map(([kind, lane]) => kind + lane),
  id: fc.tuple(fc.nat(), fc.nat()).map(([ms, seq]) => `${ms}-${seq}`),
  bytes: fc.nat(),
  history: fc.option(
    fc.record({
      isKeyed: fc.boolean(),
      deliveries: fc.nat(),
      failures: fc.nat(),
      crashes: fc.nat(),
      failuresBefore: fc.nat(),
      crashesBefore: fc.nat(),
    }),
    { nil: undefined },
  ),
});

describe('the token of a delivery on Redis', () => {
  it('holds all of its place, also in a lane with spaces in its name', () => {
    fc.assert(
      fc.property(place, (each) => {
        expect(placeOf(tokenOf(each))).to.deep.equal(each);
      }),
    );
  });

  it('of another broker names no place', () => {
    for (const token of ['', 'ada#1', 'a b', 'a b c', 'a b c d']) expect(placeOf(token)).to.equal(undefined);
  });

  it('tells the seq of an entry by its stream', () => {
    expect([seqOf('4ada', '17-3'), seqOf('xada', '3-17')]).to.deep.equal([17, 17]);
  });
});
