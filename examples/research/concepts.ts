import { stemOf } from './terms.js';

/** A word as an idea with a side: `enabled` and `disabled` are one concept with opposite signs. */
export interface Concept {
  readonly name: string;
  readonly sign: 1 | -1;
}

/** Words of one side, near enough in meaning to stand for each other, against those of the other. */
const OPPOSITES = `
  enable activate on | disable deactivate off
  allow permit grant | forbid prohibit deny disallow ban block
  accept admit | reject refuse decline
  keep retain preserve persist survive stay remain save | delete discard drop erase purge lose vanish evict forget
  increase grow raise rise | decrease shrink reduce lower fall
  start begin launch open | stop end halt close finish
  synchronous synchronously sync blocking | asynchronous asynchronously async nonblocking
  require required mandatory compulsory obligatory necessary | optional unnecessary voluntary
  before | after
  ascending | descending
  oldest earliest | newest latest
  smallest lowest least minimum minimal | largest highest greatest maximum maximal
  encrypted encrypt encryption | plaintext unencrypted cleartext
  mutable writable | immutable readonly frozen
  public | private internal
  succeed success pass | fail failure
  shared common | separate isolated exclusive
  automatic automatically | manual manually hand
  always | seldom rarely sometimes
  possible able | impossible unable
  fast quick | slow
  safe | unsafe dangerous
  local | remote
  sequential sequentially serial serially | parallel concurrent concurrently simultaneously
  sort sorted ordered order | unordered unsorted random randomly arbitrary shuffled
  complete whole full fully entire | partial partially incomplete
  volatile transient temporary | durable permanent permanently persistent
  free gratis | paid charged fee
  sensitive | insensitive
  visible shown show | hidden hide invisible
  support supported available compatible | unsupported unavailable incompatible
  unique distinct | duplicate duplicated repeated
  valid | invalid
  strict strictly | lenient loose
  eager eagerly immediate immediately | lazy lazily later deferred
  deterministic | nondeterministic
  stateful | stateless
  bounded limited finite | unbounded unlimited infinite limitless
  known | unknown
  include contain | exclude omit
  front head first | back tail last
  empty | nonempty
  true | false
  good recommended advisable advised | bad discouraged inadvisable
`;

const table: ReadonlyMap<string, Concept> = new Map(
  OPPOSITES.trim()
    .split('\n')
    .flatMap((row) => {
      const [plus = '', minus = ''] = row.split('|');
      const name = `~${stemOf(wordsOf(plus)[0] ?? '')}`;
      return [...sideOf(plus, { name, sign: 1 }), ...sideOf(minus, { name, sign: -1 })];
    }),
);

/** Prefixes that turn a word over, where the rest is a word of its own: `unordered`, `non-blocking`. */
const TURNING = /^(?:un|non|in|im|ir|dis)(?=\p{L}{5})/u;
/** Words that only look turned over. */
const NOT_TURNED =
  /^(?:under|uni|until|inter|intro|index|inst|input|inform|import|impl|indic|insert|insid|invok|init|increm|incl|distr|dispatch|display|discover|disk|discuss|distinct|direct)/;

function sideOf(list: string, concept: Concept): [string, Concept][] {
  return wordsOf(list).map((word) => [stemOf(word), concept]);
}

function wordsOf(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** The concept behind a word; a word of no known opposite is its own, with sign 1. */
export function conceptOf(word: string, stem: string): Concept {
  const known = table.get(stem);
  if (known !== undefined) return known;
  if (!TURNING.test(word) || NOT_TURNED.test(word)) return { name: stem, sign: 1 };
  const rest = stemOf(word.replace(TURNING, ''));
  const base = table.get(rest);
  return base === undefined ? { name: rest, sign: -1 } : { name: base.name, sign: base.sign === 1 ? -1 : 1 };
}

/** Words too general to be what a statement is about. */
const GENERAL: ReadonlySet<string> = new Set(
  `default use used using value set setting option number time version given new current currently normally
  typically usually general simply still now instead also way case kind total exactly own same single at-most
  limit maximum minimum max min longer up`
    .split(/\s+/)
    .map(stemOf),
);

/** Whether a stem says little about what a statement is about. */
export function isGeneral(stem: string): boolean {
  return GENERAL.has(stem);
}
