import {
  ConclaveError,
  type ErrorCode,
  type ErrorData,
  errorFromData,
  errorToData,
} from '../../core/errors.js';
import { list, record, text, whole, wrong } from '../../core/parse.js';
import type { Encoded } from '../../core/value.js';

/** How a task ended, as a broker keeps it for whoever asks. */
export type Outcome = {
  /** The task's number among those of its producer. */
  readonly seq: number;
  /** Whose task it was. */
  readonly agent: string;
} & (
  | { readonly state: 'completed'; readonly value: Encoded }
  | { readonly state: 'failed'; readonly error: ConclaveError }
);

/** Version of the text; another one is refused, and not misread. */
const VERSION = 1;

/** What a task can fail with for good. */
const FINAL_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'BrokerUnavailable',
  'HandlerFailed',
  'InvalidPayload',
  'MessageTooLarge',
  'NotSerializable',
  'RestartLimit',
  'Timeout',
  'UnknownAgent',
  'WorkerCrashed',
]);

/**
 * An outcome as text. The value stays in the text that the worker encoded:
 *
 *     [1,12,"square"]⏎144          completed
 *     [1,13,"square",{…}]          failed, and with what
 */
export function encodeOutcome(outcome: Outcome): Encoded {
  const { seq, agent } = outcome;
  if (outcome.state === 'completed')
    return `${JSON.stringify([VERSION, seq, agent])}\n${outcome.value}` as Encoded;
  return JSON.stringify([VERSION, seq, agent, errorToData(outcome.error)]) as Encoded;
}

/** The outcome again. @throws `InvalidOption` for text of another version, or that is none. */
export function decodeOutcome(outcome: Encoded): Outcome {
  const end = outcome.indexOf('\n');
  const [version, seq, agent, error] = list(
    parsed(end < 0 ? outcome : outcome.slice(0, end)),
    'a kept answer',
  );
  if (version !== VERSION) throw wrong('the version of a kept answer', `${VERSION}`, version);
  const head = { seq: whole(seq, 'the number of a kept answer', 1), agent: text(agent, 'its agent') };
  if (end >= 0) return { ...head, state: 'completed', value: outcome.slice(end + 1) as Encoded };
  return { ...head, state: 'failed', error: errorOf(error) };
}

function parsed(head: string): unknown {
  try {
    return JSON.parse(head);
  } catch {
    throw wrong('a kept answer', 'text that Conclave wrote', head);
  }
}

function errorOf(data: unknown): ConclaveError {
  // Of this version, so that beyond its head it is what `errorToData` made.
  const { name, message, stack, cause } = record(data, 'the error of a kept answer') as unknown as ErrorData;
  const code = isFinal(name) ? name : 'HandlerFailed';
  const error = new ConclaveError(
    code,
    text(message, 'what it says'),
    cause && { cause: errorFromData(cause) },
  );
  if (stack !== undefined) error.stack = stack;
  return error;
}

function isFinal(name: string): name is ErrorCode {
  return FINAL_CODES.has(name);
}
