import { stemmer } from 'stemmer';

/** A word of a text: as written, as compared, and where it stands. */
export interface Token {
  /** Lower case, with a plain apostrophe. */
  readonly word: string;
  readonly stem: string;
  readonly start: number;
  readonly end: number;
}

/** Letters and digits by their ranges: the same words as by `\p{L}` in nearly all text, several times as fast. */
const LETTER = 'a-z0-9\\u00c0-\\u1fff\\u2c00-\\ud7ff';
const ENDING = "(?:['’][a-z]+)?";
const WORD = new RegExp(`[${LETTER}]+${ENDING}`, 'gi');
/** What the stemmer writes anew at a word's end, `happy` to `happi`; all before it stands in the word itself. */
const REWRITTEN_END = /(?<=.)(?:le?|e|i)$/;
const STEM_CACHE_MAX = 50_000;
const WORD_LENGTH_MAX = 40;

/** Words whose forms share no stem, each with its base: a question about what dies is answered by a death. */
const IRREGULAR: ReadonlyMap<string, string> = new Map(
  Object.entries({
    begin: 'begins began begun beginning',
    break: 'broke broken',
    choose: 'chose chosen choice',
    die: 'dies died dying dead death',
    find: 'found',
    give: 'gave given',
    hold: 'held',
    keep: 'kept',
    lead: 'leader leaders led',
    lose: 'loses lost losing loss losses',
    run: 'ran',
    send: 'sent',
    spend: 'spent',
    take: 'took taken',
    write: 'wrote written writes writing',
  }).flatMap(([base, forms]) => forms.split(' ').map((form) => [form, base] as const)),
);

const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about all also am an and any are aren't as at be because been being both but by can can't cannot could
  couldn't did didn't do does doesn't doing don't each either else ever every few for from get gets got had has
  hasn't have haven't having he her here hers him his how i i'm if in into is isn't it it's its itself just let
  like make makes many may me might more most much must my neither no nor not of off on once only or other our
  ours out over own per please quite rather really same shall she should so some such than that that's the their
  theirs them then there these they this those though through to too under up upon us very via was wasn't we were
  weren't what what's whatever when where whether which while who whom whose why will with within without won't
  would wouldn't yes yet you your yours`.split(/\s+/),
);

/** Words that ask rather than say what is asked about. */
const ASKING_WORDS: ReadonlySet<string> = new Set(
  `actually answer anyone anybody become becomes anything describe exactly explain happen happened happening happens know long mean meant
  means often people possible question someone something tell thing things want way ways work works`.split(
    /\s+/,
  ),
);

/** Words that say which kind of answer is wanted: a good answer may well not hold them. */
const HINTING_WORDS: ReadonlySet<string> = new Set(
  `default defaults duration ensure ensured ensures guarantee guaranteed guarantees need needed needs purpose require
  required requires role safe sure version versions`.split(/\s+/),
);

const stems = new Map<string, string>();

/** What two forms of one word have in common: Porter's stem, with the few nouns it keeps apart brought together. */
export function stemOf(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  if (stems.size >= STEM_CACHE_MAX) stems.clear();
  const stem = stemmer(IRREGULAR.get(word) ?? word).replace(/(?<=.{4})(?:eri|ur)$/, '');
  stems.set(word, stem);
  return stem;
}

/** Every word of a text in order, stop words included. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(WORD)) {
    const word = wordOf(match[0]);
    if (word.length > WORD_LENGTH_MAX) continue;
    const stem = stemOf(withoutGenitive(word));
    tokens.push({ word, stem, start: match.index, end: match.index + match[0].length });
  }
  return tokens;
}

/** Whether a word carries no subject of its own. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/** The stems of a text's content words, in order, repeats included. */
export function termsOf(text: string): string[] {
  return tokensOf(text)
    .filter(({ word }) => !STOP_WORDS.has(word) && word.length > 1)
    .map(({ stem }) => stem);
}

/**
 * The stems that say what a question is about, each once; its asking words stay only if nothing else is left, and so
 * do those that only hint at the kind of answer.
 */
export function questionTerms(question: string): string[] {
  const content = contentOf(question);
  const subject = content.filter(({ word }) => !ASKING_WORDS.has(word));
  const told = subject.filter(({ word }) => !HINTING_WORDS.has(word));
  const terms = [told, subject, content].find(({ length }) => length > 0) ?? [];
  return [...new Set(terms.map(({ stem }) => stem))];
}

/** The stems of a question's words that hint at the kind of answer wanted, such as `version`. */
export function hintingTerms(question: string): string[] {
  const hints = contentOf(question).filter(({ word }) => HINTING_WORDS.has(word));
  return [...new Set(hints.map(({ stem }) => stem))];
}

function contentOf(question: string): Token[] {
  return tokensOf(question).filter(({ word }) => !STOP_WORDS.has(word) && word.length > 1);
}

/**
 * A way to find which of these stems a text holds: the same as by `termsOf`, but only words that begin like a wanted
 * one are looked at, since most words of a folder are wanted never.
 */
export function termFinder(wanted: ReadonlySet<string>): (text: string) => Set<string> {
  const met = new Map<string, string | undefined>();
  const pattern = beginningsOf(wanted);
  const wantedIn = (written: string) => {
    const word = wordOf(written);
    if (word.length > WORD_LENGTH_MAX || STOP_WORDS.has(word) || word.length < 2) return undefined;
    const stem = stemOf(withoutGenitive(word));
    return wanted.has(stem) ? stem : undefined;
  };
  const stemIn = (written: string) => {
    const known = met.get(written);
    if (known !== undefined || met.has(written)) return known;
    if (met.size >= STEM_CACHE_MAX) met.clear();
    const stem = wantedIn(written);
    met.set(written, stem);
    return stem;
  };
  return (text) => {
    const held = new Set<string>();
    const found = pattern === undefined ? null : text.match(pattern);
    for (const written of found ?? []) {
      const stem = stemIn(written);
      if (stem !== undefined) held.add(stem);
    }
    return held;
  };
}

/** Matches every word that may have one of these stems, and some that have not; undefined for no stems. */
function beginningsOf(stems: ReadonlySet<string>): RegExp | undefined {
  const forms = [...IRREGULAR].filter(([, base]) => stems.has(stemOf(base))).map(([form]) => form);
  const beginnings = [...stems, ...forms]
    .map((stem) => stem.replace(/'.*/, '').replace(REWRITTEN_END, ''))
    .sort();
  const shortest: string[] = [];
  for (const beginning of beginnings) {
    const last = shortest.at(-1);
    if (last === undefined || !beginning.startsWith(last)) shortest.push(beginning);
  }
  if (shortest.length === 0) return undefined;
  return new RegExp(
    `(?<![${LETTER}])(?<![${LETTER}]['’](?=[a-z]))(?:${shortest.join('|')})[${LETTER}]*${ENDING}`,
    'gi',
  );
}

function wordOf(written: string): string {
  const word = written.toLowerCase();
  return word.includes('’') ? word.replace('’', "'") : word;
}

function withoutGenitive(word: string): string {
  return word.endsWith("'s") ? word.slice(0, -2) : word;
}
