import { conceptOf, isGeneral } from './concepts.js';
import { isUnit, type Quantity, quantitiesOf } from './quantities.js';
import { isStopWord, type Token, tokensOf } from './terms.js';

/** A content word of a statement. */
export interface Word {
  readonly concept: string;
  readonly stem: string;
  /** 1 or -1: the side of the word itself, before any negation. */
  readonly side: 1 | -1;
  readonly negated: boolean;
  /** Inside an `if`, `when` or `unless`: not asserted. */
  readonly conditional: boolean;
  readonly general: boolean;
  /** Before the verb, as far as that shows. */
  readonly subject: boolean;
  /** The stem of a modifier right before this word: `read` in `the read timeout`. */
  readonly modifier: string | undefined;
  /** The stem of what completes this word: `trash` in `changes of the trash`. */
  readonly complement: string | undefined;
}

/** One clause, as what is compared with others: its words with their polarity, and its quantities. */
export interface Statement {
  readonly text: string;
  readonly words: readonly Word[];
  readonly quantities: readonly Quantity[];
  /** More than one negation: what it comes to is not for a program to say. */
  readonly isTangled: boolean;
}

const NEGATION = /^(?:not|never|no|none|nothing|nobody|neither|nor|cannot|unable|\w+n't)$/;
/** Negations that deny nothing, or only set a bound. */
const HARMLESS =
  /\b(?:not (?:all|always|both|every|everything|everyone|only|just|merely|necessarily|until|yet)|no (?:more|less|fewer|later|matter|sooner) than|no matter)\b/gi;
const BOUNDED =
  /\b(?:not|never|no|cannot|\w+n't)\b(.*?\b(?:more|less|fewer|larger|greater|longer|later|earlier)\b.*?\bthan\b)/i;
const FAILS_TO = /\b(?:fails?|failed|refuses?|refused|unable|unwilling) to\b/gi;
const SWITCHES = /\b(?:switche[sd]|switch|turn(?:s|ed)?) (on|off)\b/gi;
const CONDITION =
  /^(?:without|if|when|whenever|unless|until|while|during|except|once|where|provided|given|whose|despite)$/;
const CLOSER = /^(?:and|but|because|since|so|whereas|although|though|instead|rather|which|that)$/;
/** Opens a clause that says which thing is meant; a negation there denies nothing of the thing. */
const RELATIVE = /^(?:that|which|who|whose)$/;
const VERB =
  /^(?:is|are|was|were|be|been|am|has|have|had|do|does|did|can|could|may|might|must|shall|should|will|would|cannot|never|not|\w+n't)$/;
const DETERMINER = /^(?:the|a|an|each|every|its|their|this|that|any|all|no|of|in|for|by|your|our|with|and)$/;
const WORDS_MIN = 2;
const COMPLETES = /^(?:of|in|on|from|to|by|for|at|into|through)$/;
/** `To ask, write to us`: what it is for is not said of anything. */
const PURPOSE = /^\W*(?:in order )?to\s+\w+[^,]*,/i;
const PAUSE = /[;:,()—–]|\s-\s|\. /;
const CLAUSE_BREAK =
  /;\s+|,?\s+\b(?:but|whereas|although|though)\b\s+|,\s+(?:and|so|while)\s+|\s+—\s+(?=\w+ \w+)/;

/** The statements a sentence makes; a clause without a subject of its own takes over the one before it. */
export function statementsOf(sentence: string): Statement[] {
  const clauses = sentence.split(CLAUSE_BREAK).filter((clause) => tokensOf(clause).length > 1);
  const statements: Statement[] = [];
  for (const clause of clauses) {
    const statement = read(clause);
    if (statement.words.length < WORDS_MIN) continue;
    const inherited = statement.words.some(({ subject }) => subject)
      ? []
      : (statements.at(-1)?.words.filter(({ subject }) => subject) ?? []);
    statements.push({ ...statement, words: [...inherited, ...statement.words] });
  }
  return statements;
}

function read(clause: string): Statement {
  const text = clause
    .replace(BOUNDED, ' $1')
    .replace(HARMLESS, (found) => found.replace(/\w/g, ' '))
    .replace(FAILS_TO, 'cannot')
    .replace(SWITCHES, (_, side: string) => (side.toLowerCase() === 'on' ? 'enabled' : 'disabled'));
  const tokens = tokensOf(text);
  const marks = markScopes(text, tokens);
  const verbAt = tokens.findIndex(({ word }, at) => VERB.test(word) && !marks[at]?.conditional);
  const words = tokens.flatMap((token, at) => {
    const mark = marks[at];
    return mark === undefined || !isContent(token) ? [] : [wordOf(token, at, { tokens, text, mark, verbAt })];
  });
  return {
    text,
    words: verbAt === -1 ? firstTwoAsSubject(words) : words,
    quantities: quantitiesOf(clause, tokensOf(clause), isContent),
    isTangled: tokens.filter(({ word }) => NEGATION.test(word)).length > 1,
  };
}

interface Mark {
  readonly negated: boolean;
  readonly conditional: boolean;
}

const ASSERTED: Mark = { negated: false, conditional: false };
const DENIED: Mark = { negated: true, conditional: false };
const IN_CASE: Mark = { negated: false, conditional: true };

/** Where a negation or a condition reaches: to the next pause, or a word that opens another thought. */
function markScopes(text: string, tokens: readonly Token[]): Mark[] {
  let mark: Mark = ASSERTED;
  let isRelative = false;
  if (PURPOSE.test(text)) mark = IN_CASE;
  return tokens.map((token, at) => {
    const last = tokens[at - 1];
    const isPause = last !== undefined && PAUSE.test(text.slice(last.end, token.start));
    if (isPause || (isRelative && VERB.test(token.word) && isContentAt(tokens, at - 1))) {
      mark = ASSERTED;
      isRelative = false;
    }
    if (CLOSER.test(token.word)) mark = { ...mark, negated: false };
    if (CONDITION.test(token.word)) mark = IN_CASE;
    if (NEGATION.test(token.word) && !mark.conditional) {
      isRelative = tokens.slice(Math.max(0, at - 2), at).some(({ word }) => RELATIVE.test(word));
      mark = isRelative ? IN_CASE : DENIED;
    }
    return mark;
  });
}

function isContentAt(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  return token !== undefined && isContent(token);
}

function isContent({ word }: Token): boolean {
  const isMark = isStopWord(word) || NEGATION.test(word) || CONDITION.test(word) || isUnit(word);
  return word.length > 1 && !isMark && !/^\d/.test(word);
}

interface Place {
  readonly tokens: readonly Token[];
  readonly text: string;
  readonly mark: Mark;
  readonly verbAt: number;
}

function wordOf(token: Token, at: number, { tokens, text, mark, verbAt }: Place): Word {
  const { name, sign } = conceptOf(token.word, token.stem);
  const left = tokens[at - 1];
  const beforeLeft = tokens[at - 2];
  const isAdjacent =
    left !== undefined && isContent(left) && /^[\s`*_-]*$/.test(text.slice(left.end, token.start));
  const isModifier = isAdjacent && (beforeLeft === undefined || DETERMINER.test(beforeLeft.word));
  return {
    concept: name,
    stem: token.stem,
    side: sign,
    general: isGeneral(token.stem),
    subject: at < verbAt && !mark.conditional,
    modifier: isModifier ? left.stem : undefined,
    complement: complementAt(tokens, at),
    ...mark,
  };
}

function complementAt(tokens: readonly Token[], at: number): string | undefined {
  if (!COMPLETES.test(tokens[at + 1]?.word ?? '')) return undefined;
  const article = DETERMINER.test(tokens[at + 2]?.word ?? '') ? 1 : 0;
  const complement = tokens[at + 2 + article];
  return complement !== undefined && isContent(complement) ? complement.stem : undefined;
}

/** Without an auxiliary the verb does not show: the first two words that are asserted hold the subject. */
function firstTwoAsSubject(words: readonly Word[]): Word[] {
  let left = 2;
  return words.map((word) => {
    if (word.conditional || left === 0) return word;
    left -= 1;
    return { ...word, subject: true };
  });
}
