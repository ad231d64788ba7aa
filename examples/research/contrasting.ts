import { mayDeprecate, namesIn } from './deprecation.js';
import { type Draft, type Objection, type Source, sourceKey } from './findings.js';
import { isStatement } from './manner.js';
import { opposition, type Reading, readSentence } from './opposition.js';
import { scan } from './scan.js';
import type { Watch } from './searching.js';
import { termFinder, termsOf } from './terms.js';

/** Words a passage must share with a claim to be read against it. */
const SHARED_MIN = 2;
/** Of a statement's words, how many: one more may be there as its opposite. */
const PART_SHARED_MIN = 0.3;
const OBJECTIONS_PER_CLAIM_MAX = 3;

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
    if (near.length === 0) continue;
    const lent = holds(passage.heading);
    for (const { line, quote } of passage.sentences) {
      const held = holds(quote);
      if (held.size === 0) continue;
      for (const term of lent) held.add(term);
      const touched = near.filter((subject) => touches(subject, held) && comesNear(subject, held, quote));
      if (touched.length > 0 && isStatement(quote))
        objections.push(...against({ file: passage.file, line, quote }, passage.heading, touched));
    }
  }
  return best(objections);
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
  let shared = 0;
  for (const term of held) if (reading.stems.has(term)) shared += 1;
  if (shared >= Math.min(SHARED_MIN, reading.stems.size)) return true;
  return names.some((stems) => stems.every((stem) => held.has(stem)));
}

/** Whether a sentence shares enough with one statement of the claim to be worth reading, or says something is gone. */
function comesNear({ parts, names }: Subject, held: ReadonlySet<string>, quote: string): boolean {
  if (mayDeprecate(quote)) return true;
  return (
    parts.some((stems) => {
      let shared = 0;
      for (const term of held) if (stems.has(term)) shared += 1;
      return shared >= Math.max(SHARED_MIN, PART_SHARED_MIN * stems.size - 1);
    }) || names.some((stems) => stems.length > 1 && stems.every((stem) => held.has(stem)))
  );
}

function against(source: Source, heading: string, subjects: readonly Subject[]): Objection[] {
  const reading = readSentence(source.quote, heading);
  return subjects.flatMap(({ draft, reading: claim }) => {
    if (sourceKey(draft.source) === sourceKey(source) || claim.text === reading.text) return [];
    const kind = opposition(claim, reading);
    return kind === undefined ? [] : [{ claim: draft.source, against: source, kind }];
  });
}

function best(objections: readonly Objection[]): Objection[] {
  const counts = new Map<string, number>();
  return objections.filter(({ claim }) => {
    const count = (counts.get(sourceKey(claim)) ?? 0) + 1;
    counts.set(sourceKey(claim), count);
    return count <= OBJECTIONS_PER_CLAIM_MAX;
  });
}
