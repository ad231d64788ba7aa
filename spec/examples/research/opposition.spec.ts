import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { opposition } from '../../../examples/research/opposition.js';
import { readSentence } from '../../../examples/research/reading.js';
import { ask, inRepository } from './inquiry.js';

interface Planted {
  readonly kind: string;
  readonly question: string;
  readonly one: string;
  readonly other: string;
}

describe('opposition', () => {
  it('finds planted contradictions when asked about them, and nothing that was not planted', async () => {
    const planted = await plantedIn('spec/corpora/contradictions.json');
    const { found, beside } = await contested('spec/corpora/contradictions', planted);
    expect(planted.length).to.be.at.least(12);
    expect(found.size, missed(planted, found)).to.be.at.least(12);
    expect(beside.length, beside.join('\n')).to.be.at.most(1);
  });

  it('finds most of those in documents of other authors, subjects and words', async () => {
    const planted = await plantedIn('spec/corpora/held-out.json');
    const { found, beside } = await contested('spec/corpora/held-out', planted);
    expect(found.size, missed(planted, found)).to.be.at.least(10);
    expect(beside.length, beside.join('\n')).to.be.at.most(1);
  });

  it('is not taken in by sentences that are nearly alike, or deny something else', async () => {
    const pairs: [string, string][] = JSON.parse(
      await readFile(inRepository('spec/corpora/near-misses.json'), 'utf8'),
    );
    const corpus = (await textOf('spec/corpora/contradictions')) + (await textOf('spec/corpora/foreign'));
    expect(pairs.length).to.be.at.least(30);
    for (const [one, other] of pairs) {
      expect(corpus).to.include(one).and.to.include(other);
      expect(between(one, other), `${one} <> ${other}`).to.equal(undefined);
      expect(between(other, one), `${other} <> ${one}`).to.equal(undefined);
    }
  });

  it('contests nothing in documents that agree with themselves, under headings of one topic', async () => {
    const near = [
      'How do I report a fault?',
      'What does dropReading do?',
      'What happens to a station cut off?',
    ];
    for (const question of near) {
      const { claims, answer } = await ask(inRepository('spec/corpora/foreign'), question);
      expect(claims.length, question).to.be.greaterThan(0);
      expect(claims.filter(({ verdict }) => verdict === 'contested').length, answer).to.equal(0);
    }
  });

  const opposed: readonly (readonly [string, string, string])[] = [
    ['negation', 'Tasks survive a restart of the broker.', 'Tasks do not survive a restart of the broker.'],
    ['negation', 'The index is rebuilt at night.', 'The index is never rebuilt at night.'],
    ['antonym', 'Logging is enabled for tests.', 'Logging is disabled for tests.'],
    [
      'antonym',
      'The result is cached before the reply is sent.',
      'The result is cached after the reply is sent.',
    ],
    ['number', 'A worker takes 60 seconds to start.', 'A worker takes 2 minutes to start.'],
    ['number', 'The pool opens three connections.', 'The pool opens 5 connections.'],
    ['deprecation', 'Call `open` to begin.', 'The function `open` is deprecated.'],
    ['deprecation', 'The XML importer reads old files.', 'Support for the XML importer was dropped in 3.0.'],
  ];
  for (const [kind, one, other] of opposed) {
    it(`sees ${kind} between "${one}" and "${other}"`, () => {
      expect(between(one, other)).to.equal(kind);
      expect(between(other, one)).to.equal(kind);
    });
  }

  const agreeing: readonly (readonly [string, string])[] = [
    ['Logging is not disabled for tests.', 'Logging is enabled for tests.'],
    ['A worker takes 60 seconds to start.', 'A worker takes 1 minute to start.'],
    ['The read timeout is 30 seconds.', 'The write timeout is 60 seconds.'],
    ['Failed tasks are retried.', 'Cancelled tasks are not retried.'],
    ['The index is rebuilt at night.', 'The index is not only rebuilt at night.'],
    ['Encryption is enabled for backups.', 'Compression is disabled for backups.'],
    ['Tasks are retried after a crash.', 'Tasks are not retried if the queue is closed.'],
    ['A message is removed from the queue once acknowledged.', 'The queue keeps every message in order.'],
  ];
  for (const [one, other] of agreeing) {
    it(`sees none between "${one}" and "${other}"`, () => {
      expect(between(one, other)).to.equal(undefined);
      expect(between(other, one)).to.equal(undefined);
    });
  }
});

function between(one: string, other: string): string | undefined {
  return opposition(readSentence(one, ''), readSentence(other, ''));
}

async function plantedIn(path: string): Promise<Planted[]> {
  return JSON.parse(await readFile(inRepository(path), 'utf8'));
}

async function textOf(folder: string): Promise<string> {
  const names = await readdir(inRepository(folder));
  const texts = await Promise.all(names.map((name) => readFile(join(inRepository(folder), name), 'utf8')));
  return texts.join('\n');
}

async function contested(
  folder: string,
  planted: readonly Planted[],
): Promise<{ found: Set<Planted>; beside: string[] }> {
  const found = new Set<Planted>();
  const beside: string[] = [];
  for (const { question } of planted) {
    const { claims } = await ask(inRepository(folder), question);
    for (const { verdict, sources = [] } of claims) {
      const [own, ...against] = sources.map(({ quote }) => quote);
      expect(verdict === 'contested').to.equal(against.length > 0);
      for (const other of against) {
        const pair = planted.find((item) => isPair(item, own ?? '', other) || isPair(item, other, own ?? ''));
        if (pair === undefined) beside.push(`${own} <> ${other}`);
        else found.add(pair);
      }
    }
  }
  return { found, beside: [...new Set(beside)] };
}

function isPair({ one, other }: Planted, quote: string, against: string): boolean {
  return quote.includes(one) && against.includes(other);
}

function missed(planted: readonly Planted[], found: ReadonlySet<Planted>): string {
  return `missed:\n${planted
    .filter((item) => !found.has(item))
    .map(({ kind, question }) => `${kind}: ${question}`)
    .join('\n')}`;
}
