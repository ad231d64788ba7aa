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

/** A parser of text that holds something beside white space. */
export function someText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Expected some text.');
  return text;
}
