import { join } from 'node:path';
import { expect } from 'chai';
import { isConclaveError } from 'conclave';
import research from '../../../examples/research/coalition.js';
import { ask, inRepository } from './inquiry.js';

const DOCUMENTS = inRepository('examples/research/documents');

function agentsFor(model: string | undefined): URL {
  const { agents } = research;
  return typeof agents === 'function' ? agents({ query: 'x', docs: '/', model }) : agents;
}

describe('the research coalition', () => {
  const refused: readonly (readonly [string, { query: string; docs: string | undefined }, RegExp])[] = [
    ['an empty question', { query: '', docs: DOCUMENTS }, /--query is empty/],
    ['a question of spaces', { query: ' \n ', docs: DOCUMENTS }, /--query is empty/],
    ['no folder', { query: 'What is a lease?', docs: undefined }, /--docs is missing/],
    ['a missing folder', { query: 'What is a lease?', docs: join(DOCUMENTS, 'none') }, /does not exist/],
    ['a file for a folder', { query: 'What is a lease?', docs: join(DOCUMENTS, 'leases.md') }, /is a file/],
  ];
  for (const [what, request, message] of refused) {
    it(`refuses ${what} in one line that says what is accepted`, async () => {
      const failure = await Promise.resolve()
        .then(() => research.prepare?.(request))
        .catch((error: unknown) => error);
      expect(isConclaveError(failure, 'InvalidOption'), String(failure)).to.equal(true);
      expect(String(failure))
        .to.match(message)
        .and.match(/; give a /)
        .and.not.include('\n');
    });
  }

  it('turns a request into the query the agents get', async () => {
    expect(await research.prepare?.({ query: ' What is a lease? ', docs: DOCUMENTS })).to.deep.equal({
      question: 'What is a lease?',
      docs: DOCUMENTS,
    });
  });

  it('answers with every claim that has a verdict, its place, and what stands against it', async () => {
    const docs = inRepository('spec/corpora/contradictions');
    const { answer, claims } = await ask(docs, 'Are uploaded files encrypted on disk?');
    for (const { text, sources = [], verdict } of claims) {
      expect(verdict).to.be.oneOf(['supported', 'contested']);
      expect(answer).to.include(`- ${text} (${sources[0]?.file}:${sources[0]?.line})`);
      for (const { quote, file, line } of sources.slice(1))
        expect(answer).to.include(`  against it: "${quote.replace(/\s+/g, ' ')}" (${file}:${line})`);
    }
    expect(answer).to.include('\nContested:\n');
  });

  it('says what another agent sent that it cannot read', () => {
    const result = { id: '1', loop: 1, stage: 1, agent: 'fact-checker', value: { claims: [{ text: 3 }] } };
    const state = { results: [result], latest: () => undefined };
    expect(() => research.answer?.(state, { question: 'x', docs: '/' })).to.throw(
      /claims\[0\]\.text should be a string/,
    );
  });

  it('names its agents module as a compiled file that exports the four', async () => {
    const exported: object = await import(agentsFor(undefined).href);
    expect(Object.keys(exported).sort()).to.deep.equal([
      'contrarian',
      'factChecker',
      'searcher',
      'synthesizer',
    ]);
  });
});
