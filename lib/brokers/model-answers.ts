import type { MessageId } from '../core/message.js';
import type { Answer } from './contract.js';
import {
  type BrokerOutput,
  type BrokerState,
  type BrokerStep,
  latest,
  type ModelRead,
  textBytes,
} from './model-state.js';

/** The state with one more answer, if there is one and its task has none yet; the oldest go when there is too much. */
export function keepAnswer(state: BrokerState, answer: Answer | undefined): BrokerState {
  if (answer === undefined || find(state, answer.id).outputs[0].answer !== undefined) return state;
  const place = state.place + 1;
  let answers = latest(
    [...state.answers, { answer, place, leftMs: state.limits.resultTtlMs }],
    state.limits.resultsMax,
  );
  while (outcomeBytes(answers) > state.limits.resultBytesMax) answers = answers.slice(1);
  return { ...state, answers, place };
}

function outcomeBytes(answers: BrokerState['answers']): number {
  return answers.reduce((sum, { answer }) => sum + textBytes(answer.outcome), 0);
}

/** The answer to one task. */
export function find(state: BrokerState, id: MessageId) {
  const answer = state.answers.find((kept) => kept.answer.id === id)?.answer;
  return { state, outputs: [{ type: 'found', answer }] } as const satisfies BrokerStep;
}

/** A page of answers for one asker, at once or when there is one. */
export function read(state: BrokerState, request: ModelRead, waitMs: number): BrokerStep {
  const { call, asker, place, max } = request;
  const page = pageFor(state, request);
  if (page.answers.length > 0 || waitMs <= 0) return { state, outputs: [page] };
  const reader = { call, asker, place, max, leftMs: waitMs };
  return { state: { ...state, readers: [...state.readers, reader] }, outputs: [] };
}

/** Every reader who waits and for whom there is something has it. */
export function serveReaders(state: BrokerState): BrokerStep {
  const pages = state.readers
    .map((reader) => pageFor(state, reader))
    .filter(({ answers }) => answers.length > 0);
  const isServed = ({ call }: ModelRead) => pages.some((page) => page.call === call);
  return {
    state: { ...state, readers: state.readers.filter((reader) => !isServed(reader)) },
    outputs: pages,
  };
}

/** What a reader gets who waited for nothing. */
export function readEmpty({ call, place }: ModelRead): BrokerOutput {
  return { type: 'read', call, answers: [], place };
}

function pageFor(state: BrokerState, { call, asker, place, max }: ModelRead) {
  const unread = state.answers.filter((kept) => kept.answer.asker === asker && kept.place > place);
  const page = unread.slice(0, max);
  const answers = page.map(({ answer }) => answer);
  return { type: 'read', call, answers, place: page.at(-1)?.place ?? place } as const;
}
