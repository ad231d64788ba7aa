import { anchor } from './anchoring.js';
import { CLAIMS_MAX } from './drafting.js';
import { type Draft, type Findings, type Source, sourceKey } from './findings.js';
import type { AskModel, ModelWatch } from './model.js';
import { itemsIn, printable } from './model-answers.js';
import { number, shape, text } from './parsing.js';
import { synthesisPrompt } from './prompts.js';
import { plainText } from './sentences.js';

/** Claims that a model drafted. */
export interface Synthesis {
  readonly claims: readonly Draft[];
  /** What was wrong with the answer, though there was one. */
  readonly notes: readonly string[];
  /** Why there was no answer. */
  readonly failures: readonly string[];
}

interface GivenClaim extends Source {
  readonly text: string;
}

const CLAIM_LENGTH_MAX = 500;
const QUOTE_LENGTH_MAX = 2_000;
const NOTHING: Synthesis = { claims: [], notes: [], failures: [] };
const givenClaim = shape<GivenClaim>({ text, file: text, line: number, quote: text });

/** Claims that a model drafts from the passages found, none from a source that is `known`. */
export async function synthesize(
  question: string,
  found: Findings,
  known: ReadonlySet<string>,
  ask: AskModel,
  watch: ModelWatch,
): Promise<Synthesis> {
  if (found.passages.length === 0) return NOTHING;
  const answer = await ask(synthesisPrompt(question, found.passages, CLAIMS_MAX), watch);
  if (answer.kind === 'failed') return { ...NOTHING, failures: [answer.reason] };
  const { items, note } = itemsIn(answer.text, 'claims', givenClaim);
  const drafts = items.filter(isReadable).map((given) => draftOf(given, found));
  const left = items.length - drafts.length;
  return {
    claims: pick(drafts, known),
    notes: [note, left === 0 ? undefined : `${left} claims were empty or too long`].flatMap(
      (said) => said ?? [],
    ),
    failures: [],
  };
}

function isReadable({ text: said, file, quote }: GivenClaim): boolean {
  const words = printable(said);
  if (words === '' || file === '' || quote.trim() === '') return false;
  return (
    words.length <= CLAIM_LENGTH_MAX && quote.length <= QUOTE_LENGTH_MAX && file.length <= QUOTE_LENGTH_MAX
  );
}

function draftOf({ text: said, file, line, quote }: GivenClaim, { passages }: Findings): Draft {
  const given = { file, line, quote };
  const { source, heading } = anchor(given, passages) ?? { source: given, heading: '' };
  const words = printable(said);
  // In other words, or in those of the document.
  return { text: words === printable(quote) ? plainText(source.quote) : words, heading, source, score: 1 };
}

function pick(drafts: readonly Draft[], known: ReadonlySet<string>): readonly Draft[] {
  const taken = new Set(known);
  const picked = drafts.filter(({ source }) => {
    const key = sourceKey(source);
    const isNew = !taken.has(key);
    taken.add(key);
    return isNew;
  });
  return picked.slice(0, CLAIMS_MAX);
}
