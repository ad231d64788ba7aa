import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ClaimDraft } from 'conclave';
import fc from 'fast-check';
import { draftClaims } from '../../../examples/research/drafting.js';
import { passagesOf } from '../../../examples/research/passages.js';
import { standsAt } from '../../../examples/research/quotes.js';
import { ask, inRepository } from './inquiry.js';

const CORPORA: readonly (readonly [docs: string, questions: readonly string[]])[] = [
  [
    'examples/research/documents',
    ['What happens when a lease expires?', 'When is a submit to a full queue rejected?'],
  ],
  [
    'spec/corpora/contradictions',
    ['Are uploaded files encrypted on disk?', 'How long are deleted files kept?'],
  ],
  [
    'spec/corpora/held-out',
    ['How long are quarantined messages held?', 'Which recipients does a message have?'],
  ],
  [
    'node_modules/minisearch',
    ['How does minisearch do fuzzy search?', 'How are documents removed from the index?'],
  ],
  ['node_modules/commander', ['How are options parsed?', 'How do I add a command with arguments?']],
  ['node_modules/fast-check', ['What is property based testing?']],
  ['node_modules/xstate', ['What are statecharts and state machines?']],
];

describe('quotes', () => {
  for (const [docs, questions] of CORPORA) {
    it(`stand verbatim at their file and line in ${docs}`, async () => {
      for (const question of questions) {
        const { claims, answer } = await ask(inRepository(docs), question);
        expect(claims.length, `${question}\n${answer}`).to.be.greaterThan(0);
        for (const source of claims.flatMap(({ sources }) => sources ?? []))
          expect(await reopened(inRepository(docs), source), JSON.stringify(source)).to.equal(true);
      }
    });
  }

  it('are sentences, whatever the document: never code, headings or questions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 12 }), lineEnd, async (blocks, end) => {
        const text = blocks.map(({ lines }) => lines.join('\n')).join('\n\n');
        const folder = await mkdtemp(join(tmpdir(), 'research-'));
        try {
          await writeFile(join(folder, 'page.md'), text.replaceAll('\n', end));
          const { claims } = await ask(folder, 'Does the kettle boil water?', { loops: 1 });
          for (const source of claims.flatMap(({ sources }) => sources ?? [])) {
            expect(await reopened(folder, source)).to.equal(true);
            expect(source.quote).to.not.match(/FENCED|TITLE|\?$/);
          }
          return claims.length > 0 === blocks.some(({ answers }) => answers);
        } finally {
          await rm(folder, { recursive: true });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of any text at all stand where their passage says', () => {
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 30 }), (lines) => {
        const text = lines.join('\n');
        for (const sentence of passagesOf('page.md', text).flatMap((lazy) =>
          lazy.passages().flatMap((p) => p.sentences),
        ))
          expect(starts(text, sentence.line, sentence.quote), JSON.stringify(sentence)).to.equal(true);
      }),
      { numRuns: 500 },
    );
  });

  it('are refused on another line, with another letter, and past the end', () => {
    const lines = ['First line.', 'A second, and', 'a third.'];
    expect(standsAt(lines, 2, 'second, and\na third.')).to.equal(true);
    expect(standsAt(lines, 1, 'A second, and')).to.equal(false);
    expect(standsAt(lines, 2, 'a second, and')).to.equal(false);
    expect(standsAt(lines, 4, 'a third.')).to.equal(false);
    expect(standsAt(lines, 0, 'First line.')).to.equal(false);
    expect(standsAt(lines, 1, '')).to.equal(false);
  });

  it('already known are not drafted again', () => {
    const [lazy] = passagesOf('page.md', 'The kettle boils water.');
    const passages = (lazy?.passages() ?? []).map((passage) => ({ ...passage, score: 1 }));
    const terms = ['kettl', 'boil', 'water'].map((term) => ({ term, weight: 1, rarity: 0.5 }));
    const tally = { read: 1, bytes: 1, binary: 0, oversized: 0, unreadable: 0, links: 0, beyond: 0 };
    const found = { terms, passages, searched: 1, tally };
    expect(draftClaims('Does the kettle boil water?', found, new Set())).to.have.length(1);
    expect(
      draftClaims('Does the kettle boil water?', found, new Set(['page.md:1:The kettle boils water.'])),
    ).to.deep.equal([]);
  });
});

/** Opens a source as a reader would, by nothing but the file system. */
async function reopened(docs: string, source: NonNullable<ClaimDraft['sources']>[number]): Promise<boolean> {
  expect(await readdir(docs, { recursive: true })).to.include(source.file);
  const text = (await readFile(join(docs, source.file), 'utf8'))
    .replace(/^\uFEFF/, '')
    .replace(/\r\n|\r/g, '\n');
  return starts(text, source.line, source.quote);
}

function starts(text: string, line: number, quote: string): boolean {
  let offset = 0;
  for (let passed = 1; passed < line; passed += 1) offset = text.indexOf('\n', offset) + 1;
  const at = text.indexOf(quote, offset);
  return at !== -1 && quote !== '' && !text.slice(offset, at).includes('\n');
}

const lineEnd = fc.constantFrom('\n', '\r\n');

const block = fc.oneof(
  fc
    .constantFrom('Every morning the kettle boils water.', 'On days off\nthe kettle may\nboil the water.')
    .map(answering),
  fc
    .constantFrom('- first\n- the kettle boils water here\n- last', '> The kettle will boil\n> all water.')
    .map(answering),
  fc.constant('| what | does |\n|---|---|\n| the kettle | boils water often |').map(answering),
  fc.constant('```\nThe kettle boils water FENCED.\n```').map(idle),
  fc.constant('# TITLE the kettle boils water').map(idle),
  fc.constant('Does the kettle ever boil water?').map(idle),
  fc.lorem({ maxCount: 12 }).map(idle),
);

function answering(text: string): { lines: string[]; answers: boolean } {
  return { lines: text.split('\n'), answers: true };
}

function idle(text: string): { lines: string[]; answers: boolean } {
  return { lines: text.split('\n'), answers: false };
}

const anyLine = fc.oneof(
  fc.string({ maxLength: 60, unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ' ')),
  fc.constantFrom(
    '',
    '- item one. And two.',
    '1. first',
    '> quoted. Twice.',
    '| a | b |',
    '|---|---|',
    '```',
    '~~~',
    '---',
    '<!--',
    '-->',
  ),
  fc.lorem({ maxCount: 10 }),
  fc.lorem({ maxCount: 3, mode: 'sentences' }).map((text) => `  ${text}`),
);
