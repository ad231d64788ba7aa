import { ConclaveError } from '../core/errors.js';
import { type Fields, record, wrong } from '../core/parse.js';

/**
 * The options of a policy as fields, none but the known ones: a misspelt option must not be left out in silence.
 * @throws `InvalidOption`.
 */
export function policyOptions(policy: string, options: unknown, known: readonly string[]): Fields {
  const fields = record(options, `the options of ${policy}`);
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown === undefined) return fields;
  throw new ConclaveError(
    'InvalidOption',
    `There is no option "${unknown}" of ${policy}; there is ${known.join(', ')}.`,
  );
}

/** A whole number within bounds, or undefined where none is given. @throws `InvalidOption` naming `path`. */
export function optionalWhole(value: unknown, path: string, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(path, `a whole number from ${least} to ${most}`, value);
}
