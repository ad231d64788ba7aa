import { ConclaveError } from '../core/errors.js';
import type { Claim, ClaimSource, Fence } from './contract.js';

type Fields = { readonly [key: string]: unknown };

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

function parseSources(value: unknown, path: string): readonly ClaimSource[] {
  if (!Array.isArray(value)) throw wrong(path, 'an array', value);
  return Object.freeze(
    value.map((item: unknown, at) => {
      const source = record(item, `${path}[${at}]`);
      return Object.freeze({
        file: text(source.file, `${path}[${at}].file`),
        line: whole(source.line, `${path}[${at}].line`, 1),
        quote: text(source.quote, `${path}[${at}].quote`),
      });
    }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function record(value: unknown, path: string): Fields {
  if (!isFields(value)) throw wrong(path, 'an object', value);
  return value;
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'a string', value);
  return value;
}

/** @throws `InvalidOption` naming `path` unless `value` is a whole number of at least `least`. */
export function whole(value: unknown, path: string, least: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw wrong(path, `a whole number from ${least}`, value);
}

function wrong(path: string, expected: string, found: unknown): ConclaveError {
  const shown = typeof found === 'string' ? `'${found.slice(0, 80)}'` : String(found).slice(0, 80);
  return new ConclaveError('InvalidOption', `${path} must be ${expected}, not ${shown}.`);
}
