import { bears } from './bearing.js';
import { type CheckedClaim, type Draft, type Objection, type Source, sourceKey } from './findings.js';

/** Opposing sources a claim names at most. */
const AGAINST_MAX = 3;

/** Gives a draft its verdict: only quotes that stand in their files count, on either side, and that bear the claim out. */
export async function judge(
  draft: Draft,
  objections: readonly Objection[],
  stands: (source: Source) => Promise<boolean>,
): Promise<CheckedClaim> {
  const { text, source, heading } = draft;
  if (!(await stands(source)) || !bears(text, source.quote, heading))
    return { text, verdict: 'unsupported', source, against: [] };
  const against: Source[] = [];
  for (const objection of objections) {
    const isOurs = sourceKey(objection.claim) === sourceKey(source);
    if (isOurs && against.length < AGAINST_MAX && (await stands(objection.against)))
      against.push(objection.against);
  }
  return { text, verdict: against.length > 0 ? 'contested' : 'supported', source, against };
}
