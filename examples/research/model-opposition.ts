import { anchor } from './anchoring.js';
import {
  type Draft,
  firstOfEach,
  type Objection,
  type ResearchQuery,
  type Source,
  sourceKey,
} from './findings.js';
import type { AskModel, ModelWatch } from './model.js';
import { itemsIn } from './model-answers.js';
import { number, shape, text } from './parsing.js';
import { oppositionPrompt } from './prompts.js';
import { findPassages } from './searching.js';
import { termsOf } from './terms.js';

/** What a model holds against claims. */
export interface ModelObjections {
  readonly objections: readonly Objection[];
  readonly notes: readonly string[];
  readonly failures: readonly string[];
}

interface GivenObjection extends Source {
  /** From 1. */
  readonly claim: number;
}

/** Words a quote must share with the claim it is to contradict: else it speaks of something else. */
const SHARED_MIN = 2;
const NOTHING: ModelObjections = { objections: [], notes: [], failures: [] };
const givenObjection = shape<GivenObjection>({ claim: number, file: text, line: number, quote: text });

/** What a model finds against the claims, in the passages of the whole folder that speak of the same. */
export async function findModelObjections(
  query: ResearchQuery,
  drafts: readonly Draft[],
  ask: AskModel,
  watch: ModelWatch,
): Promise<ModelObjections> {
  if (drafts.length === 0) return NOTHING;
  const subjects = { ...query, question: drafts.map((draft) => draft.text).join('\n') };
  const { passages } = await findPassages(subjects, new Map(), watch);
  const answer = await ask(oppositionPrompt(drafts, passages), watch);
  if (answer.kind === 'failed') return { ...NOTHING, failures: [answer.reason] };
  const { items, note } = itemsIn(answer.text, 'objections', givenObjection);
  const objections = items.flatMap((given) => {
    const draft = drafts[given.claim - 1];
    return draft === undefined ? [] : objection(draft, anchor(given, passages)?.source ?? sourceOf(given));
  });
  const left = items.length - objections.length;
  const beside =
    left === 0 ? undefined : `${left} of ${items.length} objections did not speak of their claim`;
  return {
    objections: firstOfEach(objections),
    notes: [note, beside].flatMap((said) => said ?? []),
    failures: [],
  };
}

function sourceOf({ file, line, quote }: GivenObjection): Source {
  return { file, line, quote };
}

function objection({ text: claim, source }: Draft, against: Source): Objection[] {
  if (sourceKey(source) === sourceKey(against)) return [];
  const stated = new Set(termsOf(claim));
  const shared = new Set(termsOf(against.quote).filter((term) => stated.has(term)));
  return shared.size < Math.min(SHARED_MIN, stated.size) ? [] : [{ claim: source, against, kind: 'model' }];
}
