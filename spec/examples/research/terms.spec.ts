import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { termFinder, termsOf } from '../../../examples/research/terms.js';
import { inRepository } from './inquiry.js';

describe('termFinder', () => {
  it('finds of any wanted stems those that termsOf finds, in the words of real documents', async () => {
    const texts = await Promise.all(
      ['examples/research/documents', 'spec/corpora/held-out'].map((folder) => textsIn(folder)),
    );
    const stems = [...new Set(texts.flat().flatMap(termsOf))];
    fc.assert(fc.property(fc.subarray(stems, { maxLength: 12 }), fc.constantFrom(...texts.flat()), agrees), {
      numRuns: 300,
    });
    for (const text of texts.flat()) expect(agrees(stems, text)).to.equal(true);
  });

  it('finds words whatever their form, their case and what stands around them', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), joint, (words, between) => {
        const text = words.join(between);
        return agrees([...new Set(termsOf(words.join(' ')))], text);
      }),
    );
  });
});

function agrees(wanted: readonly string[], text: string): boolean {
  const held = termFinder(new Set(wanted))(text);
  const there = new Set(termsOf(text));
  return wanted.every((stem) => held.has(stem) === there.has(stem));
}

async function textsIn(folder: string): Promise<string[]> {
  const names = await readdir(inRepository(folder));
  return Promise.all(names.map((name) => readFile(join(inRepository(folder), name), 'utf8')));
}

const joint = fc.constantFrom(' ', '-', '_', '`', '\n', '. ', '’ ');

const word = fc.oneof(
  fc.constantFrom('happy', 'happier', 'Possibly', 'abilities', 'files', 'filing', 'dies', 'LOST', "leader's"),
  fc.constantFrom(
    'queries',
    'relational',
    'sensibility',
    'hopping',
    'café',
    'über',
    '30',
    's',
    'ties',
    'writer’s',
  ),
  fc.string({ unit: fc.constantFrom('a', 'e', 'i', 'l', 's', 't', 'y'), maxLength: 7 }),
);
