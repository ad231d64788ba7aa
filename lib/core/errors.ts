/**
 * The closed set of operating errors. Each says what was expected, what came, the likely cause and what to do,
 * and carries a `code` to switch on. A programming error is not here: it is an assertion.
 */
export type ErrorCode =
  | 'ActorStopped'
  | 'AgentsNotLoaded'
  | 'BrokerUnavailable'
  | 'Cancelled'
  | 'DriverMissing'
  | 'DuplicateAgent'
  | 'DuplicateCandidate'
  | 'DuplicateTask'
  | 'HandlerFailed'
  | 'InvalidOption'
  | 'InvalidPayload'
  | 'LeaseHeld'
  | 'LeaseLost'
  | 'MailboxFull'
  | 'MessageTooLarge'
  | 'NoCandidates'
  | 'NotSerializable'
  | 'QueueFull'
  | 'RestartLimit'
  | 'ShuttingDown'
  | 'StaleEpoch'
  | 'StateFull'
  | 'StoreUnavailable'
  | 'Timeout'
  | 'UnknownAgent'
  | 'WorkerCrashed';

/** An operating error: something the world did, that a program can expect and handle by its `code`. */
export class ConclaveError extends Error {
  /** What happened, to switch on. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = code;
    this.code = code;
  }
}

/** True for an operating error of Conclave, with that code if one is named. */
export function isConclaveError(error: unknown, code?: ErrorCode): error is ConclaveError {
  return error instanceof ConclaveError && (code === undefined || error.code === code);
}

/** An error as it crosses a process boundary: plain, with everything a reader needs to find the cause. */
export interface ErrorData {
  /** The name of the error's class, or its code. */
  readonly name: string;
  /** What it says. */
  readonly message: string;
  /** Where it was thrown, in the process that threw it. */
  readonly stack?: string;
  /** Its `code`, where it has one that is a text. */
  readonly code?: string;
  /** What caused it. */
  readonly cause?: ErrorData;
}

const CAUSE_DEPTH_MAX = 8;

/** Characters of a message or a stack that cross: a failure is told, not a payload smuggled. */
const TEXT_LENGTH_MAX = 65_536;

/**
 * Turns anything thrown into plain data; causes are followed to a depth of 8, which also ends a cyclic chain, and
 * texts are cut at 65,536 characters. Never throws, whatever was thrown.
 */
export function errorToData(thrown: unknown): ErrorData {
  try {
    return toData(thrown, 0);
  } catch {
    return { name: 'Error', message: 'something was thrown that cannot be read' };
  }
}

function toData(thrown: unknown, depth: number): ErrorData {
  if (!(thrown instanceof Error)) return { name: 'Error', message: textOf(thrown) };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
  const hasCause = thrown.cause !== undefined && depth < CAUSE_DEPTH_MAX;
  return {
    name: textOf(thrown.name),
    message: textOf(thrown.message),
    ...(typeof thrown.stack === 'string' ? { stack: thrown.stack.slice(0, TEXT_LENGTH_MAX) } : {}),
    ...(code === undefined ? {} : { code }),
    ...(hasCause ? { cause: toData(thrown.cause, depth + 1) } : {}),
  };
}

/** What an error says, or the text of whatever else was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : textOf(thrown);
}

/** Not everything has a text: an object without a prototype throws when asked for it. */
export function textOf(value: unknown): string {
  try {
    return String(value).slice(0, TEXT_LENGTH_MAX);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** An error that crossed a boundary, rebuilt: name, message, stack, `code` and cause are those of the original. */
export function errorFromData(data: ErrorData): Error {
  const options = data.cause === undefined ? undefined : { cause: errorFromData(data.cause) };
  const error = new Error(data.message, options);
  error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  if (data.code !== undefined) Object.defineProperty(error, 'code', { value: data.code, enumerable: true });
  return error;
}
