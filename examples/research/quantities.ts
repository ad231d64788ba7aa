import type { Token } from './terms.js';

/** A number in a sentence and what it counts. */
export interface Quantity {
  /** In the base unit of its dimension. */
  readonly value: number;
  /** `time`, `size`, `share`, or the stem of the thing counted; undefined if no unit follows. */
  readonly unit: string | undefined;
  /** The stem of the content word before it, which names what a bare number is of. */
  readonly before: string | undefined;
  readonly bound: 'least' | 'most' | 'exact';
  /** Said of each turn rather than once: `every 10 seconds`. */
  readonly isRate: boolean;
}

const UNITS: Readonly<Record<string, readonly [dimension: string, factor: number]>> = {
  ms: ['time', 1],
  millisecond: ['time', 1],
  milliseconds: ['time', 1],
  s: ['time', 1_000],
  sec: ['time', 1_000],
  second: ['time', 1_000],
  seconds: ['time', 1_000],
  min: ['time', 60_000],
  minute: ['time', 60_000],
  minutes: ['time', 60_000],
  h: ['time', 3_600_000],
  hour: ['time', 3_600_000],
  hours: ['time', 3_600_000],
  day: ['time', 86_400_000],
  days: ['time', 86_400_000],
  week: ['time', 604_800_000],
  weeks: ['time', 604_800_000],
  month: ['time', 2_592_000_000],
  months: ['time', 2_592_000_000],
  year: ['time', 31_536_000_000],
  years: ['time', 31_536_000_000],
  byte: ['size', 1],
  bytes: ['size', 1],
  kb: ['size', 1e3],
  kib: ['size', 1_024],
  kilobytes: ['size', 1e3],
  mb: ['size', 1e6],
  mib: ['size', 1_048_576],
  megabyte: ['size', 1e6],
  megabytes: ['size', 1e6],
  gb: ['size', 1e9],
  gib: ['size', 1_073_741_824],
  gigabyte: ['size', 1e9],
  gigabytes: ['size', 1e9],
  tb: ['size', 1e12],
  percent: ['share', 1],
};

const NUMBER_WORDS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');
const TIMES: Readonly<Record<string, number>> = { once: 1, twice: 2, thrice: 3 };
/** A number, not a version, date, issue or part of a name, with the unit that may be written onto it. */
const NUMBER =
  /(?<![\w.#/-])v?(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![.,]?\d|\.\w)\s?(%|[a-z]{1,3}\b)?/giu;
const LEAST =
  /(?:at least|minimum of|or (?:more|later|newer|above)|no (?:less|fewer) than|(?<!no |not )more than|over)/i;
const MOST =
  /(?:at most|up to|maximum of|or (?:less|fewer|below)|no (?:more|longer|later) than|not more than|(?<!no |not )less than|under|within)/i;
const RATE = /\b(?:every|each|per)\s+$/i;
const NEAR = 16;

/** The quantities of a text whose tokens, content words and stop words alike, are given. */
export function quantitiesOf(
  text: string,
  tokens: readonly Token[],
  isContent: (token: Token) => boolean,
): Quantity[] {
  return [...digits(text), ...words(tokens)].map(({ value, unit, start, end }) => {
    const next = tokens.find((token) => token.start >= end);
    const isNear = next !== undefined && text.slice(end, next.start).trim() === '';
    const written = unit ?? (isNear ? next.word : undefined);
    const known = written === undefined ? undefined : UNITS[written];
    const counted =
      isNear && next !== undefined && isContent(next) && unit === undefined ? next.stem : undefined;
    return {
      value: value * (known?.[1] ?? 1),
      unit: known?.[0] ?? (unit === '%' ? 'share' : counted),
      before: tokens.findLast((token) => token.end <= start && isContent(token))?.stem,
      bound: boundAround(text, start, end),
      isRate: RATE.test(text.slice(Math.max(0, start - NEAR), start)),
    };
  });
}

interface Found {
  readonly value: number;
  readonly unit: string | undefined;
  readonly start: number;
  readonly end: number;
}

function digits(text: string): Found[] {
  return [...text.matchAll(NUMBER)].map((match) => {
    const [whole, figures = '', attached] = match;
    const unit = attached?.toLowerCase();
    const isUnit = unit !== undefined && (unit === '%' || UNITS[unit] !== undefined);
    const end =
      match.index +
      (isUnit || attached === undefined ? whole.trimEnd().length : whole.length - attached.length);
    return {
      value: Number(figures.replaceAll(',', '')),
      unit: isUnit ? unit : undefined,
      start: match.index,
      end,
    };
  });
}

function words(tokens: readonly Token[]): Found[] {
  return tokens.flatMap(({ word, start, end }) => {
    const times = TIMES[word];
    if (times !== undefined) return [{ value: times, unit: undefined, start, end }];
    const value = NUMBER_WORDS.indexOf(word);
    return value > 1 || word === 'zero' ? [{ value, unit: undefined, start, end }] : [];
  });
}

function boundAround(text: string, start: number, end: number): Quantity['bound'] {
  const around = `${text.slice(Math.max(0, start - NEAR), start)} ${text.slice(end, end + NEAR)}`;
  if (LEAST.test(around)) return 'least';
  return MOST.test(around) ? 'most' : 'exact';
}

const UNIT_WORDS: ReadonlySet<string> = new Set(Object.keys(UNITS));

/** Whether a word is a unit of measure: it is part of a number, not something spoken of. */
export function isUnit(word: string): boolean {
  return UNIT_WORDS.has(word);
}

/** Whether two quantities are of the same thing and cannot both be right. */
export function disagree(one: Quantity, other: Quantity): boolean {
  if (!isOfSame(one, other) || one.isRate !== other.isRate) return false;
  const isOneSided = one.bound !== 'exact' && other.bound !== 'exact' && one.bound !== other.bound;
  return !isOneSided && one.value !== other.value;
}

/** Whether two quantities count or measure the same thing. */
export function isOfSame(one: Quantity, other: Quantity): boolean {
  if (one.unit !== undefined && other.unit !== undefined) return one.unit === other.unit;
  const names = [one.unit, one.before].filter((name) => name !== undefined);
  return names.some((name) => name === other.unit || name === other.before);
}
