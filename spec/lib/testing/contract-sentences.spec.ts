import { expect } from 'chai';
import { brokerConformance } from '../../../lib/testing/index.js';
import { contractSentences } from './contract-sentences.js';
import { forgetful } from './forgetful-broker.js';
import { definitions, memberSentenceTests } from './member-sentence-tests.js';
import { sentenceTests } from './sentence-tests.js';

const tested = { ...sentenceTests, ...memberSentenceTests };

describe('the sentences of the broker contract', () => {
  const names = brokerConformance(forgetful([], true)).map(({ name }) => name);
  const [summary, ...tests] = names;
  const random = tests.at(-1);

  it('each have a test by name, or are listed as saying what a word means', () => {
    const known = [...Object.keys(tested), ...definitions];
    expect(contractSentences()).to.have.members(known);
  });

  it('name tests that there are, and each test is of one of them', () => {
    const named = new Set(Object.values(tested).flat());
    const sentences = tests.filter((name) => name !== random);
    expect([...named]).to.have.members(sentences);
    expect(summary).to.match(/lacks/);
    expect(random).to.match(/as the model does/);
  });

  it('are found where they stand, in comments of several lines as well', () => {
    const sentences = contractSentences();
    expect(sentences).to.include('Neither kind counts for the other.').and.have.length.above(60);
    expect(new Set(sentences).size, 'no sentence twice').to.equal(sentences.length);
  });
});
