import { isGeneral } from './concepts.js';
import { isStopWord, stemOf, tokensOf } from './terms.js';

/** Ways to say that something is no longer to be used; what comes before each, or `$1`, is what it is said of. */
const SAID_BEFORE = [
  /\b(?:is|are|was|were|been|being|became|now|officially|marked(?: as)?|considered)\s+(?:now\s+|been\s+)?(?:deprecated|obsolete|discontinued|withdrawn|retired|superseded|end[- ]of[- ]life)\b/i,
  /\b(?:was|were|been|being)\s+(?:removed|dropped|deleted|retired|taken out)\b(?!\s+(?:from|by|after|when|once|because)\b)/i,
  /\b(?:was|were|been)\s+removed from (?:the )?(?:api|codebase|language|product|release|server|client|tool|command line|configuration)\b/i,
  /\bno longer\s+(?:supported|available|exists?|used|needed|recommended|maintained|accepted|valid|works?|ships?|shipped|part of|read|recognised|recognized|honou?red|offered|has any effect|required|provided)\b/i,
  /\b(?:must|should|can) (?:not|no longer) be used\b/i,
  /\b(?:is|are|was|were|been) replaced (?:by|with)\b/i,
  /\b(?:has|have) been (?:deprecated|discontinued|retired)\b/i,
  /\b(?:is|are|was) gone\b|\bceased to exist\b|\breached end of life\b|\bhas no effect(?: any ?more| since)\b/i,
];
const SAID_AFTER = [
  /\b(?:do not|don't|never|stop) us(?:e|ing)\s+([^.;,]+)/i,
  /\bsupport for\s+(.+?)\s+(?:was|were|has been|is being|is) (?:removed|dropped|ended|discontinued|withdrawn|gone)/i,
  /\b(?:dropped|removed|ended|withdrew|discontinued) (?:all )?support for\s+([^.;,]+)/i,
  /\b(?:we|it|the (?:project|team|release|tool)) (?:have |has )?(?:removed|deprecated|retired|dropped)\s+([^.;,]+)/i,
];
/** Says no name: what it points at stands elsewhere. */
const POINTS = /\b(?:this|that|these|those|it|they|which|once|after)\b/i;
const IN_CASE = /\b(?:when|if|until)\b/i;
/** Not for this purpose is not never. */
const PURPOSE = /^(?:do not|don't|never|stop)\b.*\s(?:to|for|on|in|with|when|if)\s/i;
const TAIL = /\s+(?:in|since|as of|from|with|for|and|because|to|on|after|by)\b.*$/i;
/** A clause before the cue that only sets the scene. */
const LEAD = /^(?:since|as of|from|in|with|starting)\b[^,]*,\s*/i;

/** What a deprecation is said of: its telling words, and those written as code, which must be met exactly. */
export interface Deprecated {
  readonly stems: readonly string[];
  readonly names: readonly string[];
}

const CUE =
  /\b(?:deprecat|obsolete|discontinu|withdr[ae]w|retired|superseded|end[- ]of|remov|dropp|delet|taken out|no longer|not be used|(?:not|\w+n't|never|stop) us(?:e|ing)|replaced|gone|ceased|no effect|ended)/i;

/** Whether a sentence has a word by which `deprecatedIn` may find something: a cheap look before the thorough one. */
export function mayDeprecate(sentence: string): boolean {
  return CUE.test(sentence);
}

/** What a sentence says is deprecated, removed or replaced; undefined if it says so of nothing. */
export function deprecatedIn(sentence: string): Deprecated | undefined {
  if (!mayDeprecate(sentence)) return undefined;
  const subject = subjectOf(sentence);
  if (subject === undefined || POINTS.test(subject)) return undefined;
  const stems = tokensOf(subject)
    .filter(({ word, stem }) => !isStopWord(word) && word.length > 1 && !isGeneral(stem))
    .map(({ stem }) => stem);
  const names = namesIn(subject);
  return stems.length === 0 && names.length === 0 ? undefined : { stems: [...new Set(stems)], names };
}

function subjectOf(sentence: string): string | undefined {
  for (const pattern of SAID_AFTER) {
    const [cue, after] = pattern.exec(sentence) ?? [];
    if (after !== undefined && PURPOSE.test(cue ?? '') && namesIn(after.replace(TAIL, '')).length === 0)
      return undefined;
    if (after !== undefined) return after.replace(TAIL, '');
  }
  for (const pattern of SAID_BEFORE) {
    const match = pattern.exec(sentence);
    if (match === null) continue;
    const before = sentence.slice(0, match.index).replace(LEAD, '');
    if (IN_CASE.test(before)) return undefined;
    return before.split(/[;,]\s|\b(?:but|because|while|whereas)\b/).at(-1);
  }
  return undefined;
}

/** Names written as code: `` `cache.ttl` ``, `--fast`. */
export function namesIn(text: string): string[] {
  const marked = [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  const flags = text.match(/(?<![\w`-])--[a-z][\w-]*/g) ?? [];
  return [...new Set([...marked, ...flags].map((name) => name.replace(/\(\)$/, '').trim().toLowerCase()))];
}

const KINDS: ReadonlySet<string> = new Set(
  `api argument attribute class command constant event field file flag function header hook interface key macro
  method mode module object operator option package parameter plugin policy property setting signal switch table tool
  type utility value variable`
    .split(/\s+/)
    .map(stemOf),
);

/** The kind of thing a text says a name written as code is of: that of the first such noun after the name. */
export function kindOf(name: string, text: string): string | undefined {
  const at = text.toLowerCase().indexOf(name);
  if (at === -1) return undefined;
  const after = /^[^.;:]{0,60}/.exec(text.slice(at + name.length))?.[0] ?? '';
  for (const { word, stem } of tokensOf(after.replace(/`[^`]*`/g, ' '))) {
    if (KINDS.has(stem)) return stem;
    if (word !== 'and' && word !== 'or') return undefined;
  }
  return undefined;
}
