import { plainText } from './sentences.js';

const WORDS_MIN = 4;
/** Letters by their ranges, several times as fast as by `\p{L}`. */
const WORD = /[a-z0-9\u00c0-\u1fff\u2c00-\ud7ff]+(?:['’][a-z]+)?/gi;
const NO_LETTER = /[^a-z\u00c0-\u1fff\u2c00-\ud7ff\s]+/gi;
/** Of a sentence's characters, how many must be letters: less is data or code. */
const LETTERS_MIN = 0.6;
const INTRODUCES = /:\s*$/;
const ASKS = /\?["')\]*_`]*$/;
const CALLS = /^[\w.-]+\(/;
/** A sentence that leans on the one before it says little when it stands alone. */
const LEANS =
  /^(?:this|these|that|those|it|its|they|he|she|such|then|so|but|and|or|also|however|here|there|for example|e\.g|note)\b/i;
const GIVES_REASON = /\b(?:because|since|so that|reason|why|otherwise)\b/i;
const GIVES_TIME =
  /\d\s?(?:ms|s|min|h|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b/i;
const GIVES_SIZE = /\d\s?(?:[kmgt]?i?b|bytes?|[kmg]ilobytes?|megabytes?)\b/i;

const GIVES_VERSION =
  /\d[\w.]* (?:or|and) (?:later|newer|above|up)\b|(?:>=?|at least|versions?)\s?v?\d|\d\+/i;
const ASKS_FOR_VERSION = /\bversions?\b/i;

const MANNERS: readonly { readonly asked: RegExp; readonly told: RegExp }[] = [
  { asked: /\bhow (?:long|often|old|fast|soon|late)\b|\bduration\b|^when\b/i, told: GIVES_TIME },
  { asked: /\bhow (?:large|big|small)\b|\bsize\b/i, told: GIVES_SIZE },
  { asked: /\bhow (?:many|much|large|big)\b|\b(?:what|which) (?:port|number|limit|version)\b/i, told: /\d/ },
  { asked: /\bwhat (?:happens|if)\b/i, told: /\b(?:when|if|once|after)\b/i },
  { asked: /^why\b/i, told: GIVES_REASON },
];
const MANNER_BONUS = 0.15;
const LEANING_LOSS = 0.12;
const ASKS_FOR_MEANING =
  /^(?:what|who)\s+(?:is|are|was|were)\s+(?:an?\s+|the\s+)?([\w`-]+(?:\s+[\w`-]+){0,2})\s*\??$/i;
const ASKS_FOR_DOING =
  /^what\s+(?:do|does|did)\s+(?:an?\s+|the\s+)?([\w`-]+(?:\s+[\w`-]+){0,2})\s+(?:do|mean|stand for)\s*\??$/i;
/** Said in so many words. */
const TOLD_BONUS = 0.35;

/** Whether a sentence says something: it is no question, no introduction, no scrap, no code, and not damaged. */
export function isStatement(quote: string): boolean {
  const words = plainText(quote);
  if (/<br/i.test(quote)) return false;
  if (ASKS.test(words) || INTRODUCES.test(words) || CALLS.test(words) || quote.includes('\uFFFD'))
    return false;
  const letters = words.replace(NO_LETTER, '').length;
  return (words.match(WORD)?.length ?? 0) >= WORDS_MIN && letters > LETTERS_MIN * words.length;
}

/** What the way a sentence speaks adds to it: it defines, counts or reasons when that was asked. */
export function mannerOf(question: string, words: string): number {
  const leaning = LEANS.test(words) ? -LEANING_LOSS : 0;
  const fits = MANNERS.some(({ asked, told }) => asked.test(question) && told.test(words));
  const isTold = defines(question, words) || (ASKS_FOR_VERSION.test(question) && GIVES_VERSION.test(words));
  return leaning + (isTold ? TOLD_BONUS : fits ? MANNER_BONUS : 0);
}

/** `X is`, `X: `, and for what X does also `X finds`, where a clause begins. */
function defines(question: string, words: string): boolean {
  const meant = ASKS_FOR_MEANING.exec(question)?.[1];
  const doing = ASKS_FOR_DOING.exec(question)?.[1];
  const subject = (meant ?? doing)?.replace(/[^\w\s-]/g, '');
  if (subject === undefined) return false;
  const verb = doing === undefined ? '(?:is|are|means)\\b' : '[a-z]+s\\b';
  const opening = meant === undefined ? '(?:^|[;:,]\\s+)' : '^';
  return new RegExp(
    `${opening}(?:an?\\s+|the\\s+)?\\W?${subject}(?:[\`*"]?:\\s|\\W{1,4}(?:\\([^)]*\\)\\s*)?${verb})`,
    'i',
  ).test(words);
}
