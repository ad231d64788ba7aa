import type { SharedState } from 'conclave';
import { listOf, number, oneOf, type Parser, shape, text } from './parsing.js';
import type { Passage } from './passages.js';
import type { Tally } from './walk.js';

/** What a person wants to know, and of which folder. */
export type ResearchQuery = {
  readonly question: string;
  /** Absolute path of the folder. */
  readonly docs: string;
  /** The language model to ask; left out, none is. */
  readonly model?: string;
};

/** A query with a language model. */
export type ModelQuery = ResearchQuery & { readonly model: string };

/** A quote and where it stands. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly quote: string;
}

/** A term of the question, or one that a loop widened it by. */
export interface Term {
  readonly term: string;
  readonly weight: number;
  /** 0 to 1, rare ones near 1. */
  readonly rarity: number;
}

/** The searcher's result. */
export interface Findings {
  readonly terms: readonly Term[];
  readonly passages: readonly (Passage & { readonly score: number })[];
  /** Passages in the folder. */
  readonly searched: number;
  readonly tally: Tally;
}

/** A drafted claim: a sentence of a document that seems to answer the question. */
export interface Draft {
  readonly text: string;
  readonly heading: string;
  readonly source: Source;
  readonly score: number;
}

/** Why a passage speaks against a claim; `model`: a language model says so. */
export const OPPOSITIONS = ['negation', 'antonym', 'number', 'deprecation', 'model'] as const;
export type OppositionKind = (typeof OPPOSITIONS)[number];

/** The contrarian's finding: the claim at that source is spoken against by another. */
export interface Objection {
  readonly claim: Source;
  readonly against: Source;
  readonly kind: OppositionKind;
}

export const VERDICTS = ['supported', 'contested', 'unsupported'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** A claim after its sources were opened again. */
export interface CheckedClaim {
  readonly text: string;
  readonly verdict: Verdict;
  readonly source: Source;
  readonly against: readonly Source[];
}

const source: Parser<Source> = shape<Source>({ file: text, line: number, quote: text });
const sentence = shape<{ line: number; quote: string }>({ line: number, quote: text });

const findings: Parser<Findings> = shape<Findings>({
  terms: listOf(shape<Term>({ term: text, weight: number, rarity: number })),
  passages: listOf(
    shape<Passage & { readonly score: number }>({
      file: text,
      line: number,
      heading: text,
      sentences: listOf(sentence),
      score: number,
    }),
  ),
  searched: number,
  tally: shape<Tally>({
    read: number,
    bytes: number,
    binary: number,
    oversized: number,
    unreadable: number,
    links: number,
    beyond: number,
  }),
});

const drafts = shape<{ claims: readonly Draft[] }>({
  claims: listOf(shape<Draft>({ text, heading: text, source, score: number })),
});

const objections = shape<{ objections: readonly Objection[] }>({
  objections: listOf(shape<Objection>({ claim: source, against: source, kind: oneOf(OPPOSITIONS) })),
});

const checked = shape<{ claims: readonly CheckedClaim[] }>({
  claims: listOf(shape<CheckedClaim>({ text, verdict: oneOf(VERDICTS), source, against: listOf(source) })),
});

const texts = listOf(text);

/** The question that was asked. */
export function questionOf(query: unknown): string {
  return shape<{ question: string }>({ question: text })(query, 'the query').question;
}

/** What the searcher found in this loop. */
export function findingsIn(state: SharedState): Findings {
  return findings(state.latest('searcher'), 'the result of searcher');
}

/** What the synthesizer drafted in this loop. */
export function draftsIn(state: SharedState): readonly Draft[] {
  return drafts(state.latest('synthesizer'), 'the result of synthesizer').claims;
}

/** What the contrarian found in this loop. */
export function objectionsIn(state: SharedState): readonly Objection[] {
  return objections(state.latest('contrarian'), 'the result of contrarian').objections;
}

/** What was wrong with answers of a model, though they came, agent by agent and loop by loop. */
export function notesIn(state: SharedState): string[] {
  return saidOfModel(state, 'notes');
}

/** Why a model did not answer, agent by agent and loop by loop. */
export function modelFailuresIn(state: SharedState): string[] {
  return saidOfModel(state, 'failures');
}

/** Agents that ask no model say nothing of one. */
function saidOfModel(state: SharedState, kind: 'notes' | 'failures'): string[] {
  return state.results.flatMap(({ agent, loop, value }) => {
    const said = typeof value === 'object' && value !== null ? Reflect.get(value, kind) : undefined;
    if (said === undefined) return [];
    return texts(said, `${kind} of ${agent}`).map((line) => `${agent}, loop ${loop}: ${line}`);
  });
}

/** Every claim that has a verdict, of all loops so far, in the order in which they were published. */
export function checkedIn(state: SharedState): CheckedClaim[] {
  return state.results
    .filter(({ agent }) => agent === 'fact-checker')
    .flatMap(({ value }) => checked(value, 'the result of fact-checker').claims);
}

/** One name for one source, to know it again. */
export function sourceKey({ file, line, quote }: Source): string {
  return `${file}:${line}:${quote}`;
}

const OBJECTIONS_PER_CLAIM_MAX = 3;

/** The first three objections to each claim: more say no more. */
export function firstOfEach(objections: readonly Objection[]): Objection[] {
  const counts = new Map<string, number>();
  return objections.filter(({ claim }) => {
    const count = (counts.get(sourceKey(claim)) ?? 0) + 1;
    counts.set(sourceKey(claim), count);
    return count <= OBJECTIONS_PER_CLAIM_MAX;
  });
}
