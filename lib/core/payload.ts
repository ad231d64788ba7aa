import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ConclaveError, messageOf } from './errors.js';

/** Issues that a refusal spells out; of the rest it says how many. */
const ISSUES_SHOWN_MAX = 3;

/**
 * Whether a value is a schema of any library that keeps to Standard Schema 1 (https://standardschema.dev); some make
 * them as functions.
 */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const standard: unknown = Reflect.get(value, '~standard');
  if (!isObject(standard)) return false;
  return Reflect.get(standard, 'version') === 1 && typeof Reflect.get(standard, 'validate') === 'function';
}

/**
 * The payload as that agent's schema puts it out, defaults and conversions done: at once, or as a promise where the
 * schema is asynchronous.
 * @throws `InvalidPayload` (or rejects with it), naming the agent, the path and what the schema says, also where the
 * schema itself throws.
 */
export function checkPayload(agent: string, schema: StandardSchemaV1, payload: unknown): unknown {
  let checked: ReturnType<StandardSchemaV1['~standard']['validate']>;
  try {
    checked = schema['~standard'].validate(payload);
  } catch (error) {
    throw schemaThrew(agent, error);
  }
  if (!isObject(checked) || !('then' in checked)) return outputOf(agent, checked);
  return Promise.resolve(checked).then(
    (result) => outputOf(agent, result),
    (error) => {
      throw schemaThrew(agent, error);
    },
  );
}

function outputOf(agent: string, result: StandardSchemaV1.Result<unknown>): unknown {
  if (!isObject(result)) throw schemaThrew(agent, new TypeError('it answered neither a value nor issues'));
  if (result.issues === undefined) return result.value;
  const shown = result.issues.slice(0, ISSUES_SHOWN_MAX).map(({ path, message }) => {
    return `${pathOf(path ?? [])}: ${message}`;
  });
  const more = result.issues.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  throw new ConclaveError(
    'InvalidPayload',
    `Agent "${agent}" does not take this payload: ${shown.join('; ')}. Submit what its input schema accepts.`,
  );
}

/** What a schema answers is as its library makes it, whatever its type says. */
function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pathOf(path: readonly (PropertyKey | StandardSchemaV1.PathSegment)[]): string {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return keys.reduce<string>(
    (whole, key) => (typeof key === 'number' ? `${whole}[${key}]` : `${whole}.${String(key)}`),
    'payload',
  );
}

function schemaThrew(agent: string, cause: unknown): ConclaveError {
  return new ConclaveError(
    'InvalidPayload',
    `The input schema of agent "${agent}" threw while it checked a payload, so that nobody can say whether it fits: ` +
      `${messageOf(cause)}. A schema reports what is wrong as issues.`,
    { cause },
  );
}
