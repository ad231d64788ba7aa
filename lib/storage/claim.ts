import { parseSources } from '../core/claim-draft.js';
import { record, text, whole, wrong } from '../core/parse.js';
import type { Claim, Fence } from './contract.js';

/**
 * A claim out of a value of unknown shape: a fresh, frozen copy, so that no store shares references.
 * @throws `InvalidOption` naming the first field that is wrong, as `claims[3].sources[0].line`.
 */
export function parseClaim(value: unknown, path: string): Claim {
  const fields = record(value, path);
  const verdict = fields.verdict ?? undefined;
  return Object.freeze({
    id: text(fields.id, `${path}.id`),
    coalition: text(fields.coalition, `${path}.coalition`),
    loop: whole(fields.loop, `${path}.loop`, 0),
    agent: text(fields.agent, `${path}.agent`),
    text: text(fields.text, `${path}.text`),
    sources: parseSources(fields.sources, `${path}.sources`),
    verdict: verdict === undefined ? undefined : text(verdict, `${path}.verdict`),
  });
}

/**
 * The claims of one `append`, checked before anything is written.
 * @throws `InvalidOption` for a claim of wrong shape, or of another coalition than the fence's: it would be
 * written past the fence of its own coalition.
 */
export function parseBatch(claims: readonly unknown[], fence: Fence): readonly Claim[] {
  whole(fence.epoch, 'fence.epoch', 0);
  return claims.map((value, at) => {
    const claim = parseClaim(value, `claims[${at}]`);
    if (claim.coalition === fence.coalition) return claim;
    throw wrong(
      `claims[${at}].coalition`,
      `'${fence.coalition}', the coalition of the fence`,
      claim.coalition,
    );
  });
}
