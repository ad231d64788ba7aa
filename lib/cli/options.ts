import { InvalidArgumentError } from 'commander';

interface Range {
  readonly min: number;
  readonly max: number;
}

/**
 * A parser of whole numbers in a range, written in plain digits: no sign but a minus, no fraction, no exponent.
 * What it refuses is a usage error that names the range.
 */
export function wholeNumber({ min, max }: Range): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** A parser of several whole numbers, separated by commas, as `1,2,4`. */
export function wholeNumbers(range: Range): (text: string) => number[] {
  const parse = wholeNumber(range);
  return (text) => {
    try {
      return text.split(',').map(parse);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(
        `Expected whole numbers from ${range.min} to ${range.max}, separated by commas.`,
      );
    }
  };
}

/** A parser of text that holds something beside white space. */
export function someText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected some text.');
  return text;
}
