import { namesIn } from './deprecation.js';
import { type Draft, type Objection, type Source, sourceKey } from './findings.js';
import { isStatement } from './manner.js';
import { opposition, type Reading, readSentence } from './opposition.js';
import { scan } from './scan.js';
import type { Watch } from './searching.js';
import { termFinder, termsOf } from './terms.js';

/** Words a passage must share with a claim to be read against it. */
const SHARED_MIN = 2;
const OBJECTIONS_PER_CLAIM_MAX = 3;

interface Subject {
  readonly draft: Draft;
  readonly reading: Reading;
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
    const lent = holds(passage.heading);
    for (const { line, quote } of passage.sentences) {
      const held = new Set([...holds(quote), ...lent]);
      const touched = near.filter((subject) => touches(subject, held));
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
  return {
    draft,
    reading: readSentence(draft.source.quote, draft.heading),
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
