import { mayDeprecate, namesIn } from './deprecation.js';
import { type Draft, firstOfEach, type Objection, type Source, sourceKey } from './findings.js';
import { isStatement } from './manner.js';
import { opposition } from './opposition.js';
import type { Passage } from './passages.js';
import { type Reading, readSentence } from './reading.js';
import { scan } from './scan.js';
import type { Watch } from './searching.js';
import { termFinder, termsOf } from './terms.js';

/** Words a passage must share with a claim to be read against it. */
const SHARED_MIN = 2;
/** Of one statement's words at least, and of the shorter one's; one may be there as its opposite alone. */
const PART_SHARED = { least: 0.25, most: 0.5 };
/** Characters a sentence has at most for each word that counts: an estimate that spares reading it. */
const LENGTH_PER_WORD = 14;
const CLAUSES = /[,;:()—]|\b(?:but|whereas|although|though)\b/;

interface Subject {
  readonly draft: Draft;
  readonly reading: Reading;
  /** The stems of each of its statements. */
  readonly parts: readonly ReadonlySet<string>[];
  /** The stems of each name written as code: one name alone is enough to be of interest. */
  readonly names: readonly (readonly string[])[];
}

/** What stands anywhere in the folder against the claims drafted; reads the folder once, and not at all for none. */
export async function findObjections(
  docs: string,
  drafts: readonly Draft[],
  watch: Watch,
): Promise<Objection[]> {
  if (drafts.length === 0) return [];
  const subjects = drafts.map(subjectOf);
  const terms = new Set(subjects.flatMap(({ reading }) => [...reading.stems]));
  const keeps = (held: ReadonlySet<string>) => subjects.some((subject) => touches(subject, held));
  const { candidates, projects } = await scan({ docs, terms, keeps, ...watch });
  const holds = termFinder(terms);
  const objections: Objection[] = [];
  for (const { passage } of candidates) {
    watch.signal.throwIfAborted();
    const project = projectOf(passage.file, projects);
    const near = subjects.filter(({ draft }) => projectOf(draft.source.file, projects) === project);
    if (near.length > 0) objections.push(...objectionsFrom(passage, near, holds));
  }
  return firstOfEach(objections);
}

function objectionsFrom(
  { file, heading, sentences }: Passage,
  near: readonly Subject[],
  holds: (text: string) => Set<string>,
): Objection[] {
  const lent = holds(heading);
  return sentences.flatMap(({ line, quote }) => {
    const held = holds(quote);
    if (held.size === 0) return [];
    for (const term of lent) held.add(term);
    const touched = near.filter((subject) => touches(subject, held) && comesNear(subject, held, quote));
    return touched.length > 0 && isStatement(quote) ? against({ file, line, quote }, heading, touched) : [];
  });
}

/** The project a document belongs to: what one says of itself is nothing against another. */
function projectOf(file: string, projects: ReadonlySet<string>): string {
  let folder = file;
  do folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
  while (folder !== '' && !projects.has(folder));
  return folder;
}

function subjectOf(draft: Draft): Subject {
  const reading = readSentence(draft.source.quote, draft.heading);
  return {
    draft,
    reading,
    parts: reading.statements.map(({ words }) => new Set(words.map(({ stem }) => stem))),
    names: namesIn(draft.source.quote)
      .map(termsOf)
      .filter((stems) => stems.length > 0),
  };
}

function touches({ reading, names }: Subject, held: ReadonlySet<string>): boolean {
  if (countShared(reading.stems, held) >= Math.min(SHARED_MIN, reading.stems.size)) return true;
  return names.some((stems) => stems.every((stem) => held.has(stem)));
}

/**
 * Whether a sentence shares enough with one statement of the claim to be worth reading, or says something is gone.
 * Of a sentence of several clauses one may be near though the others are far.
 */
function comesNear({ parts, names }: Subject, held: ReadonlySet<string>, quote: string): boolean {
  const size = CLAUSES.test(quote) ? SHARED_MIN : quote.length / LENGTH_PER_WORD;
  return (
    parts.some((stems) => {
      const least = Math.max(PART_SHARED.least * stems.size, PART_SHARED.most * Math.min(stems.size, size));
      return countShared(stems, held) >= Math.max(SHARED_MIN, least);
    }) ||
    names.some((stems) => stems.length > 1 && stems.every((stem) => held.has(stem))) ||
    mayDeprecate(quote)
  );
}

function countShared(stems: ReadonlySet<string>, held: ReadonlySet<string>): number {
  let shared = 0;
  for (const term of held) if (stems.has(term)) shared += 1;
  return shared;
}

function against(source: Source, heading: string, subjects: readonly Subject[]): Objection[] {
  const reading = readSentence(source.quote, heading);
  return subjects.flatMap(({ draft, reading: claim }) => {
    if (sourceKey(draft.source) === sourceKey(source) || claim.text === reading.text) return [];
    const kind = opposition(claim, reading);
    return kind === undefined ? [] : [{ claim: draft.source, against: source, kind }];
  });
}
