import type { Coalition } from '../coalition/coalition.js';
import type { QueryReport } from '../coalition/query/query-run.js';
import type { Claim } from '../storage/contract.js';

const PAGE_CLAIMS = 1_000;

/**
 * The claims of this query's tasks alone, in the order in which they were persisted: the store may hold those of
 * others, and under a lasting name those of earlier runs.
 */
export async function ownClaims<Module>(
  coalition: Coalition<Module>,
  { results }: QueryReport,
): Promise<readonly Claim[]> {
  const tasks = new Set(results.map(({ id }) => id));
  const claims: Claim[] = [];
  let after = 0;
  for (;;) {
    const page = await coalition.claims.read({ after, limit: PAGE_CLAIMS, coalition: coalition.name });
    if (page.length === 0) return claims;
    after += page.length;
    claims.push(...page.filter(({ id }) => tasks.has(taskOf(id))));
  }
}

/** A claim is named after the task that made it. */
function taskOf(claim: string): string {
  return claim.slice(0, claim.lastIndexOf('#'));
}
