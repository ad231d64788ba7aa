import type { Coalition } from '../coalition/coalition.js';
import type { Claim } from '../storage/contract.js';

const PAGE_CLAIMS = 1_000;

/** The claims of this coalition alone, in the order in which they were persisted: the store may hold others'. */
export async function ownClaims<Module>(coalition: Coalition<Module>): Promise<readonly Claim[]> {
  const claims: Claim[] = [];
  for (;;) {
    const page = await coalition.claims.read({
      after: claims.length,
      limit: PAGE_CLAIMS,
      coalition: coalition.name,
    });
    if (page.length === 0) return claims;
    claims.push(...page);
  }
}
