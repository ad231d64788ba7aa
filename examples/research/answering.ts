import type { Plain, SharedState } from 'conclave';
import {
  type CheckedClaim,
  checkedIn,
  findingsIn,
  modelFailuresIn,
  notesIn,
  questionOf,
  type Source,
} from './findings.js';
import type { Tally } from './walk.js';

/** The answer in words: what is supported and by what, what is contested and by what, or that nothing was found. */
export function answerInWords(state: SharedState, query: Plain): string {
  const claims = checkedIn(state);
  const supported = claims.filter(({ verdict }) => verdict === 'supported');
  const contested = claims.filter(({ verdict }) => verdict === 'contested');
  if (supported.length + contested.length === 0) return nothingFound(questionOf(query), state);
  return [
    ...supported.map((claim) => `- ${claim.text} (${place(claim.source)})`),
    ...(contested.length === 0 ? [] : ['', 'Contested:', ...contested.flatMap(bothSides)]),
    '',
    reading(state),
    ...notesOnModel(state),
  ]
    .join('\n')
    .trim();
}

function bothSides({ text, source, against }: CheckedClaim): string[] {
  return [
    `- ${text} (${place(source)})`,
    ...against.map((other) => `  against it: "${other.quote.replace(/\s+/g, ' ')}" (${place(other)})`),
  ];
}

function place({ file, line }: Source): string {
  return `${file}:${line}`;
}

function nothingFound(question: string, state: SharedState): string {
  const found =
    modelFailuresIn(state).length === 0
      ? `Nothing found: no sentence of the documents answers "${question}".`
      : `No answer: the model was asked "${question}" and did not answer.`;
  return [found, reading(state), ...notesOnModel(state)].join('\n');
}

function notesOnModel(state: SharedState): string[] {
  return notesIn(state).map((note) => `Note on the model: ${note}.`);
}

function reading(state: SharedState): string {
  const { tally, searched } = findingsIn(state);
  const skipped = skippedIn(tally);
  const ending = skipped === '' ? '' : `; passed over ${skipped}`;
  return `Read ${count(tally.read, 'document')}, ${count(searched, 'passage')}${ending}.`;
}

function skippedIn({ binary, oversized, unreadable, links, beyond }: Tally): string {
  const reasons: [number, string][] = [
    [binary, 'binary'],
    [oversized, 'too large'],
    [unreadable, 'unreadable'],
    [links, 'links out of the folder or back into it'],
    [beyond, 'past the bound on their number'],
  ];
  return reasons.flatMap(([number, reason]) => (number === 0 ? [] : [`${number} ${reason}`])).join(', ');
}

function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}
