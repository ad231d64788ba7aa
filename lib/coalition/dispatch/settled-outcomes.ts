import type { Delivery } from '../../brokers/contract.js';
import type { ClaimDraft } from '../../core/claim-draft.js';
import { ConclaveError, type ErrorData, errorFromData } from '../../core/errors.js';
import type { SettledFrame } from '../../core/frame.js';
import type { Answer, Failure, TaskSink } from './settlement.js';

/** What a worker's report comes to, task by task. */
export interface SettledOutcomes {
  readonly answers: readonly Answer[];
  readonly failures: readonly Failure[];
  /** However these ended, nobody waits for them any more. */
  readonly unwanted: readonly Delivery[];
}

/** A worker's report, taken off that worker. */
export interface SettledReport {
  /** Whose tasks it tells of. */
  readonly agents: Iterable<string>;
  /** Settles them with whoever waits and with the broker. */
  readonly finish: () => void;
}

/** Whose tasks were answered. */
export function agentsOf({ answers }: SettledOutcomes): Iterable<string> {
  const agents = new Set<string>();
  for (const { delivery } of answers) agents.add(delivery.envelope.agent);
  return agents;
}

export interface OutcomeReader {
  /** Takes the task at a place of a batch off its worker; undefined if it was there no more. */
  readonly take: (batch: number, at: number) => Delivery | undefined;
  readonly isWanted: (delivery: Delivery) => boolean;
  readonly sink: Pick<TaskSink, 'refusalOf'>;
}

/** Takes a report apart; an answer that cannot be kept is a failure of its task. */
export function readOutcomes(frame: SettledFrame, reader: OutcomeReader): SettledOutcomes {
  const answers: Answer[] = [];
  const failures: Failure[] = [];
  const unwanted: Delivery[] = [];
  const keep = (answer: Answer) => {
    const error = reader.sink.refusalOf(answer);
    if (error === undefined) answers.push(answer);
    else failures.push({ delivery: answer.delivery, error });
  };
  const claims = claimsOf(frame);
  for (const [index, at] of frame.at.entries()) {
    const delivery = reader.take(frame.batch, at);
    const value = frame.values[index];
    if (delivery === undefined || value === undefined) continue;
    if (reader.isWanted(delivery)) keep({ delivery, value, claims: claims?.get(at) ?? NO_CLAIMS });
    else unwanted.push(delivery);
  }
  for (const { at, error } of frame.failures) {
    const delivery = reader.take(frame.batch, at);
    if (delivery === undefined) continue;
    if (reader.isWanted(delivery)) failures.push({ delivery, error: errorOf(error) });
    else unwanted.push(delivery);
  }
  return { answers, failures, unwanted };
}

const NO_CLAIMS: readonly ClaimDraft[] = [];

/** Most reports bring none. */
function claimsOf({ claims }: SettledFrame): ReadonlyMap<number, readonly ClaimDraft[]> | undefined {
  return claims.length === 0 ? undefined : new Map(claims.map((entry) => [entry.at, entry.claims]));
}

/** What the worker's side itself refuses is an error of ours again; what a handler threw is its own. */
export function errorOf(data: ErrorData): Error {
  const error = errorFromData(data);
  const { code } = data;
  if (data.name !== code || (code !== 'InvalidPayload' && code !== 'Timeout')) return error;
  const ours = new ConclaveError(code, data.message, error.cause === undefined ? {} : { cause: error.cause });
  if (data.stack !== undefined) ours.stack = data.stack;
  return ours;
}
