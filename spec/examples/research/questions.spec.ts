import { expect } from 'chai';
import { ask, inRepository } from './inquiry.js';

const DOCUMENTS = inRepository('spec/corpora/foreign');

/** Each asked in words that its answer does not repeat. */
const QUESTIONS: readonly (readonly [question: string, answer: RegExp, among: number])[] = [
  ['Which Python version is required?', /Python 3\.11 or later/, 1],
  ['Which version of Python is needed?', /Python 3\.11 or later/, 1],
  ['What is the hold duration?', /hold 45 s/, 1],
  ['What is the default hold?', /hold 45 s/, 1],
  ['What does the steward do?', /^`steward` compares/, 1],
  ['What does the porter do?', /^`porter` carries/, 1],
  ['How does Wren dry its nets?', /^The nets hang on the rail/, 1],
  ['What is Wren?', /^Wren moves readings/, 1],
  ['How does Wren make sure that no reading is vanished?', /before the archive has sent a receipt/, 3],
];

const NONSENSE = [
  'Which version of opera is required?',
  'What is the duration of a banquet?',
  'What does the penguin do?',
  'What is a banana?',
  'Who is roasting chestnuts?',
  'What is needed to sing opera?',
  'How does the penguin make sure that it works?',
  'How do I report a penguin to the ministry?',
];

describe('questions in words of their own', () => {
  for (const [question, wanted, among] of QUESTIONS) {
    it(`"${question}" is answered`, async () => {
      const { claims, answer } = await ask(DOCUMENTS, question);
      const first = claims.slice(0, among).map(({ text }) => text);
      expect(
        first.some((text) => wanted.test(text)),
        answer,
      ).to.equal(true);
    });
  }

  for (const question of NONSENSE) {
    it(`"${question}" finds nothing`, async () => {
      const { claims, answer } = await ask(DOCUMENTS, question);
      expect(claims, answer).to.deep.equal([]);
    });
  }
});
