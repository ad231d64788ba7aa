import { expect } from 'chai';
import { termsOf } from '../../../examples/research/terms.js';
import { ask, inRepository } from './inquiry.js';

const DOCUMENTS = inRepository('examples/research/documents');

const QUESTIONS: readonly (readonly [question: string, file: string])[] = [
  ['How long does a lease last by default?', 'leases.md'],
  ['Is delivery at least once or exactly once?', 'guarantees.md'],
  ['In which order are the messages of a queue dequeued?', 'queues.md'],
  ['When is a transient child restarted?', 'supervision.md'],
  ['How much credit does a worker have?', 'backpressure.md'],
  ['Which candidate leads after an election?', 'election.md'],
  ['What happens to a worker process when its parent is gone?', 'isolation.md'],
  ['Which policy decides which worker gets the next task?', 'scheduling.md'],
  ['What happens to queued tasks at shutdown?', 'shutdown.md'],
  ['When is a claim contested?', 'research.md'],
  ['Which values may cross between processes?', 'values.md'],
  ['What does a timeout mean?', 'errors.md'],
  ['How does Conclave make sure that no task is lost?', 'guarantees.md'],
];

const NONSENSE = [
  'Why do penguins file their tax returns in purple ink?',
  'What is the airspeed velocity of an unladen swallow?',
  'Who is the prime minister of France?',
  'What colour is the leader?',
  'How many bananas does a worker eat per lease?',
  'Does a worker lease bananas?',
  'Does the broker sing opera to its supervisor?',
  'xqzzt florb wibble?',
  'asdf',
  '???',
  'the of and to',
];

describe('the research agents', () => {
  for (const [question, file] of QUESTIONS) {
    it(`answer "${question}" from ${file}`, async () => {
      const { claims, answer } = await ask(DOCUMENTS, question);
      const supported = claims.filter(({ verdict }) => verdict === 'supported');
      expect(supported.length, answer).to.be.at.least(3);
      expect(supported[0]?.sources?.[0]?.file, answer).to.equal(file);
      const asked = new Set(termsOf(question));
      for (const { sources } of supported)
        expect(
          termsOf(sources?.[0]?.quote ?? '').some((term) => asked.has(term)),
          answer,
        ).to.equal(true);
    });
  }

  for (const question of NONSENSE) {
    it(`find nothing for "${question}"`, async () => {
      const { claims, answer } = await ask(DOCUMENTS, question);
      expect(claims, answer).to.deep.equal([]);
      expect(answer).to.match(/^Nothing found/);
    });
  }

  it('publish no claim twice, and search the second loop by new terms', async () => {
    const { claims, state } = await ask(DOCUMENTS, 'What happens to tasks when a worker dies?', { loops: 3 });
    const keys = claims.map(({ sources }) => JSON.stringify(sources?.[0]));
    expect(new Set(keys).size).to.equal(keys.length);
    const terms = state.results
      .filter(({ agent }) => agent === 'searcher')
      .map(({ value }) => termsFound(value));
    expect(terms[1]).to.include.members(terms[0] ?? []);
    expect(terms[1]?.length).to.be.greaterThan(terms[0]?.length ?? 0);
  });

  it('give a claim whose quote is gone the verdict unsupported, and the answer leaves it out', async () => {
    const { mkdtemp, rm, writeFile } = await import('node:fs/promises');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const folder = await mkdtemp(join(tmpdir(), 'research-'));
    try {
      await writeFile(join(folder, 'a.md'), 'The kettle boils water at noon.\n');
      const beforeCheck = () => writeFile(join(folder, 'a.md'), 'The kettle is empty today.\n');
      const { claims, answer } = await ask(folder, 'When does the kettle boil water?', {
        loops: 1,
        beforeCheck,
      });
      expect(claims.map(({ verdict }) => verdict)).to.deep.equal(['unsupported']);
      expect(answer).to.match(/^Nothing found/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('stop when the task is aborted', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    const failure = await ask(DOCUMENTS, 'How long does a lease last?', { signal }).catch(
      (error: unknown) => error,
    );
    expect(failure).to.be.an('error').with.property('message', 'cancelled');
  });

  it('find in node_modules what stands in one README', async () => {
    const { claims, progress, answer } = await ask(
      inRepository('node_modules'),
      'How is fuzzy search done with prefix matching in minisearch?',
    );
    expect(claims.length, answer).to.be.at.least(3);
    expect(claims[0]?.sources?.[0]?.file, answer).to.match(/^minisearch\//);
    expect(progress.every((fraction) => fraction > 0 && fraction <= 1)).to.equal(true);
    expect(progress.length).to.be.greaterThan(5);
  });
});

function termsFound(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || !('terms' in value) || !Array.isArray(value.terms))
    return [];
  return value.terms.map((entry: unknown) =>
    typeof entry === 'object' && entry !== null && 'term' in entry ? String(entry.term) : '',
  );
}
