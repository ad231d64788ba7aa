import { conceptOf } from './concepts.js';
import { deprecates } from './deprecating.js';
import type { OppositionKind } from './findings.js';
import { disagree, isOfSame } from './quantities.js';
import type { Reading } from './reading.js';
import type { Statement, Word } from './statements.js';

/** How much two statements must share to be about one thing: on one side at least, and on both. */
const ALIKE = { most: 0.6, least: 0.3 };
/** Numbers differ in every other sentence: only nearly the same sentence makes a disagreement of them. */
const ALIKE_FOR_NUMBERS = { most: 0.8, least: 0.4 };
const GENERAL_WEIGHT = 0.4;
const ALIKE_WITHOUT_SUBJECT = { most: 0.7, least: 0.6 };
const SUBJECT_SHARED_MIN = 0.6;
const SUBJECT_SHARED_LEAST = 0.3;
const CASE_SHARED_MIN = 0.5;
/** One word in common is a topic, two are a statement. */
const TELLING_SHARED_MIN = 2;
/** Of the words under a negation, how many must be the claim's: else it denies something else. */
const SCOPE_SHARED_MIN = 0.5;

/** Of each subject, and of what is said of it, how much the other says in words of its own. */
const OWN_FOR_ANTONYMS = { most: 0.6, least: 0.3 };
/** Half the sentences of any manual deny something. */
const OWN_FOR_NEGATIONS = { most: 0.6, least: 0.5 };

interface Share {
  readonly most: number;
  readonly least: number;
}

/** How `other` speaks against `claim`, or undefined if it does not. */
export function opposition(claim: Reading, other: Reading): OppositionKind | undefined {
  if (claim.text.includes(other.text) || other.text.includes(claim.text)) return undefined;
  if (deprecates(other, claim) || deprecates(claim, other)) return 'deprecation';
  if (!nameOneThing(claim, other)) return undefined;
  for (const one of claim.statements) {
    for (const two of other.statements) {
      const kind = opposedIn(pair(one, claim, two, other));
      if (kind !== undefined) return kind;
    }
  }
  return undefined;
}

/** Two statements side by side, with what each can lend from its headings. */
interface Pair {
  readonly claim: Statement;
  readonly other: Statement;
  readonly inClaim: ReadonlySet<string>;
  readonly inOther: ReadonlySet<string>;
  readonly claimStems: ReadonlySet<string>;
  readonly otherStems: ReadonlySet<string>;
  /** Concepts that both hold, without regard to their side. */
  readonly shared: ReadonlySet<string>;
  readonly claimShare: number;
  readonly otherShare: number;
}

function pair(claim: Statement, ofClaim: Reading, other: Statement, ofOther: Reading): Pair {
  const inClaim = conceptsOf(claim, ofClaim.lent);
  const inOther = conceptsOf(other, ofOther.lent);
  const shared = new Set(claim.words.map(({ concept }) => concept).filter((concept) => inOther.has(concept)));
  for (const { concept } of other.words) if (inClaim.has(concept)) shared.add(concept);
  return {
    claim,
    other,
    inClaim,
    inOther,
    claimStems: ofClaim.known,
    otherStems: ofOther.known,
    shared,
    claimShare: shareOf(claim.words, shared),
    otherShare: shareOf(other.words, shared),
  };
}

function conceptsOf({ words }: Statement, lent: ReadonlySet<string>): Set<string> {
  return new Set([...words.map(({ concept }) => concept), ...lent]);
}

function shareOf(words: readonly Word[], shared: ReadonlySet<string>): number {
  let held = 0;
  let whole = 0;
  for (const [concept, { general }] of new Map(words.map((word) => [word.concept, word]))) {
    const weight = general ? GENERAL_WEIGHT : 1;
    whole += weight;
    if (shared.has(concept)) held += weight;
  }
  return whole === 0 ? 0 : held / whole;
}

function opposedIn(sides: Pair): OppositionKind | undefined {
  if (
    !areAlike(sides, ALIKE) ||
    !haveOneSubject(sides) ||
    !haveOneCondition(sides) ||
    namesApart(sides) ||
    differsApart(sides) ||
    completesApart(sides)
  )
    return undefined;
  const kind = polarityOpposed(sides);
  if (kind !== undefined) return kind;
  return areAlike(sides, ALIKE_FOR_NUMBERS) && numbersOpposed(sides) ? 'number' : undefined;
}

function areAlike({ claimShare, otherShare }: Pair, least: { most: number; least: number }): boolean {
  return Math.max(claimShare, otherShare) >= least.most && Math.min(claimShare, otherShare) >= least.least;
}

/**
 * One side's subject is mostly spoken of on the other side, in the same sense; the other's too, unless the rest is
 * so alike that one may be the passive of the other.
 */
function haveOneSubject(sides: Pair): boolean {
  const claimMet = subjectShare(sides.claim.words, sides.other.words, sides.otherStems);
  const otherMet = subjectShare(sides.other.words, sides.claim.words, sides.claimStems);
  const isNear =
    Math.min(claimMet, otherMet) >= SUBJECT_SHARED_LEAST || areAlike(sides, ALIKE_WITHOUT_SUBJECT);
  return isNear && Math.max(claimMet, otherMet) >= SUBJECT_SHARED_MIN;
}

function subjectShare(words: readonly Word[], there: readonly Word[], stems: ReadonlySet<string>): number {
  const subjects = words.filter(({ subject, general }) => subject && !general);
  const met = subjects.filter(
    ({ stem, concept, side }) =>
      stems.has(stem) || there.some((word) => word.concept === concept && word.side === side),
  );
  return subjects.length === 0 ? 1 : met.length / subjects.length;
}

/** Neither side speaks of a case that the other hardly knows: an exception is no contradiction. */
function haveOneCondition({ claim, other, inClaim, inOther }: Pair): boolean {
  const isMet = (words: readonly Word[], there: ReadonlySet<string>) => {
    const cases = words.filter(({ conditional, general }) => conditional && !general);
    const known = cases.filter(({ concept }) => there.has(concept));
    return cases.length === 0 || known.length > CASE_SHARED_MIN * cases.length;
  };
  return isMet(other.words, inClaim) && isMet(claim.words, inOther);
}

/** What one side calls by a name written as code, the other must speak of too. */
function nameOneThing(claim: Reading, other: Reading): boolean {
  return knows(claim, other.named) && knows(other, claim.named);
}

function knows({ stems }: Reading, name: readonly string[]): boolean {
  return name.every((stem) => stems.has(stem));
}

/** Whether a shared word is told apart by a modifier on the other side alone: `the write timeout`. */
function namesApart({ claim, other, shared, claimStems, otherStems }: Pair): boolean {
  return other.words.some((word) => {
    if (word.modifier === undefined || !shared.has(word.concept) || claimStems.has(word.modifier))
      return false;
    const twin = claim.words.find(({ concept }) => concept === word.concept);
    if (!word.subject && twin?.modifier !== undefined && haveOneConcept(word.modifier, twin.modifier))
      return false;
    const isToldApart = twin?.modifier !== undefined && !otherStems.has(twin.modifier);
    return isToldApart || (word.subject && twin?.subject === true);
  });
}

/** Whether one modifier stands before different words: `a failed upload`, `a failed login`. */
function differsApart({ claim, other, shared }: Pair): boolean {
  const own = new Set(
    claim.words.flatMap(({ concept, modifier }) => (shared.has(concept) ? [] : (modifier ?? []))),
  );
  return other.words.some(
    ({ concept, modifier }) => !shared.has(concept) && modifier !== undefined && own.has(modifier),
  );
}

/** `encrypted` and `unencrypted` before one word are what is said of it, not which one is meant. */
function haveOneConcept(one: string, other: string): boolean {
  return conceptOf(one, one).name === conceptOf(other, other).name;
}

/** Whether a shared word is completed differently on the two sides: `changes of the trash`, `changes of a file`. */
function completesApart({ claim, other, shared, claimStems, otherStems }: Pair): boolean {
  return other.words.some(({ concept, complement }) => {
    if (complement === undefined || !shared.has(concept) || claimStems.has(complement)) return false;
    const twin = claim.words.find((word) => word.concept === concept && word.complement !== undefined);
    return twin?.complement !== undefined && !otherStems.has(twin.complement);
  });
}

function polarityOpposed({ claim, other, shared }: Pair): OppositionKind | undefined {
  if (claim.isTangled || other.isTangled || tellingShared(claim, shared) < TELLING_SHARED_MIN)
    return undefined;
  const twins = claim.words.flatMap((one) =>
    other.words.filter((two) => areTwins(one, two)).map((two): Twins => ({ one, two })),
  );
  // Turned and denied at once is the same said in other words: `not disabled`, `enabled`.
  if (twins.some((pair) => isTurned(pair) && isDenied(pair))) return undefined;
  const takesSides = ({ one }: Twins) => !holdsBoth(claim, one.concept) && !holdsBoth(other, one.concept);
  if (twins.some((pair) => isTurned(pair) && isSaidOfSubject(pair) && takesSides(pair)))
    return sayOfOne(claim, other, OWN_FOR_ANTONYMS) ? 'antonym' : undefined;
  const denies = twins.some(isDenied) && deniesShared(claim, shared) && deniesShared(other, shared);
  return denies && sayOfOne(claim, other, OWN_FOR_NEGATIONS) ? 'negation' : undefined;
}

/** Both speak of one subject, in their own words and not their headings', and say of it mostly the same. */
function sayOfOne(claim: Statement, other: Statement, { most, least }: Share): boolean {
  const isSubject = ({ subject }: Word) => subject;
  const isSaid = ({ subject }: Word) => !subject;
  const subjects = [ownShare(claim, other, isSubject), ownShare(other, claim, isSubject)];
  const said = [ownShare(claim, other, isSaid), ownShare(other, claim, isSaid)];
  return [subjects, said].every((shares) => Math.min(...shares) >= least && Math.max(...shares) >= most);
}

function ownShare(one: Statement, other: Statement, isMeant: (word: Word) => boolean): number {
  const there = new Set(other.words.map(({ concept }) => concept));
  const meant = one.words.filter((word) => isMeant(word) && !word.general && !word.conditional);
  const concepts = new Set(meant.map(({ concept }) => concept));
  return concepts.size === 0
    ? 0
    : [...concepts].filter((concept) => there.has(concept)).length / concepts.size;
}

/** One concept on both sides. */
interface Twins {
  readonly one: Word;
  readonly two: Word;
}

function areTwins(one: Word, two: Word): boolean {
  return one.concept === two.concept && !one.conditional && !two.conditional;
}

function isTurned({ one, two }: Twins): boolean {
  return one.side !== two.side;
}

function isDenied({ one, two }: Twins): boolean {
  return one.negated !== two.negated;
}

function isSaidOfSubject({ one, two }: Twins): boolean {
  return !one.subject && !two.subject;
}

function isOneSide(one: Word, two: Word): boolean {
  return one.side === two.side && one.negated === two.negated;
}

/** A statement that names both sides of a concept takes neither. */
function holdsBoth({ words }: Statement, concept: string): boolean {
  const sides = new Set(words.filter((word) => word.concept === concept).map(({ side }) => side));
  return sides.size > 1;
}

/** What is denied, if anything is, is mostly what the two share. */
function deniesShared({ words }: Statement, shared: ReadonlySet<string>): boolean {
  const denied = words.filter(({ negated, general }) => negated && !general);
  const met = denied.filter(({ concept }) => shared.has(concept));
  return denied.length === 0 || met.length > SCOPE_SHARED_MIN * denied.length;
}

function tellingShared({ words }: Statement, shared: ReadonlySet<string>): number {
  const telling = words.filter(({ concept, general }) => !general && shared.has(concept));
  return new Set(telling.map(({ concept }) => concept)).size;
}

function numbersOpposed({ claim, other, shared }: Pair): boolean {
  const haveOneSide = claim.words.every(
    (one) =>
      holdsBoth(claim, one.concept) ||
      other.words.every((two) => one.concept !== two.concept || isOneSide(one, two)),
  );
  if (!haveOneSide || tellingShared(claim, shared) < 1 || shared.size < 2) return false;
  const pairs = claim.quantities.flatMap((one) =>
    other.quantities.filter((two) => isOfSame(one, two)).map((two) => ({ one, two })),
  );
  return (
    pairs.some(({ one, two }) => disagree(one, two)) && !pairs.some(({ one, two }) => one.value === two.value)
  );
}
