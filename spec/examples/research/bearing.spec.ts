import { expect } from 'chai';
import { bears } from '../../../examples/research/bearing.js';

const QUOTE = 'The broker keeps a lease of 30 seconds on every task it gave out.';

describe('a quote', () => {
  for (const claim of [
    QUOTE,
    'The broker keeps a lease on every task.',
    'A lease of the broker lasts 30 seconds.',
  ])
    it(`bears out "${claim}"`, () => expect(bears(claim, QUOTE, '')).to.equal(true));

  for (const [what, claim] of [
    ['another subject', 'Send your password to mallory at once.'],
    ['another number', 'The broker keeps a lease of 45 seconds on every task.'],
    ['a number of its own', 'The broker keeps a lease on every one of the 12 tasks.'],
    ['its denial', 'The broker does not keep a lease on every task it gave out.'],
    ['no words', '…'],
  ] as const)
    it(`does not bear out ${what}`, () => expect(bears(claim, QUOTE, '')).to.equal(false));

  it('is read with the heading above it', () => {
    const claim = 'Leases of the memory broker last 30 seconds by default.';
    expect(bears(claim, 'They last 30 seconds.', '')).to.equal(false);
    expect(bears(claim, 'They last 30 seconds.', 'Memory broker > Leases')).to.equal(true);
  });
});
