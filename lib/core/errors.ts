/**
 * The closed set of operating errors. Each says what was expected, what came, the likely cause and what to do,
 * and carries a `code` to switch on. A programming error is not here: it is an assertion.
 */
export type ErrorCode =
  /** Asked of an actor that does not run any more, or never did. */
  | 'ActorStopped'
  /** The agents' module could not be loaded, or has no agents: pass a compiled module. */
  | 'AgentsNotLoaded'
  /** The broker cannot be reached; what was under way is unknown. */
  | 'BrokerUnavailable'
  /** Ended by whoever asked for it: `cancel`, an aborted signal, a loop that was left. */
  | 'Cancelled'
  /** An optional package is not installed; the message has the line that installs it. */
  | 'DriverMissing'
  /** Two agents of one module have the same name. */
  | 'DuplicateAgent'
  /** A candidate of an election comes twice. */
  | 'DuplicateCandidate'
  /** A task of that id was accepted before, and its result is no longer kept here. */
  | 'DuplicateTask'
  /** A handler threw on its last attempt; `cause` is what it threw. */
  | 'HandlerFailed'
  /** A value from outside is not what it must be; the message names it and what is accepted. */
  | 'InvalidOption'
  /** A payload that the schema of its agent rejects; never retried. */
  | 'InvalidPayload'
  /** Another process leads the coalition of that name on this store. */
  | 'LeaseHeld'
  /** The leadership went to another while work was under way. */
  | 'LeaseLost'
  /** An actor was asked while its mailbox was full. */
  | 'MailboxFull'
  /** A worker sent what no worker sends; it is ended and replaced, and its tasks run again. */
  | 'MalformedFrame'
  /** An encoded payload or result is over `payloadBytesMax`. */
  | 'MessageTooLarge'
  /** An election with nobody in it. */
  | 'NoCandidates'
  /** A value that cannot cross, named by its path, as `payload.a[3]`. */
  | 'NotSerializable'
  /** A queue has reached its depth or its bytes. */
  | 'QueueFull'
  /** Workers died more often than the pool puts up with; the coalition has failed. */
  | 'RestartLimit'
  /** Shut down, or about to be: nothing more is accepted, and what is still open ends with this. */
  | 'ShuttingDown'
  /** A write of a leader that has been replaced; nothing was written. */
  | 'StaleEpoch'
  /** The shared state of a query has reached `stateResultsMax`. */
  | 'StateFull'
  /** The claim store cannot be opened, read or written; the message says why. */
  | 'StoreUnavailable'
  /** No answer in time: what became of the request is unknown. */
  | 'Timeout'
  /** No agent of that name is in the module. */
  | 'UnknownAgent'
  /** The worker died each time it ran this task alone, or before it was ready. */
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
  /** What an `AggregateError` holds, as `Promise.any` rejects with. */
  readonly errors?: readonly ErrorData[];
}

const CAUSE_DEPTH_MAX = 8;

/** Errors that an `AggregateError` and all within it bring along, each with its causes. */
const AGGREGATED_MAX = 8;

/** Characters of a message or a stack that cross: a failure is told, not a payload smuggled. */
const TEXT_LENGTH_MAX = 65_536;

/**
 * Turns anything thrown into plain data; causes are followed to a depth of 8, which also ends a cyclic chain, of
 * the errors of an `AggregateError` the first 8 come along, and texts are cut at 65,536 characters. Never throws,
 * whatever was thrown.
 */
export function errorToData(thrown: unknown): ErrorData {
  try {
    return toData(thrown, 0, { left: AGGREGATED_MAX });
  } catch {
    return { name: 'Error', message: 'something was thrown that cannot be read' };
  }
}

function toData(thrown: unknown, depth: number, aggregated: { left: number }): ErrorData {
  if (!isErrorLike(thrown)) return { name: 'Error', message: textOf(thrown) };
  const { name, message, stack, code, cause, errors } = thrown;
  const isDeep = depth >= CAUSE_DEPTH_MAX;
  const within: ErrorData[] = [];
  for (const error of !isDeep && Array.isArray(errors) ? errors : []) {
    if (aggregated.left === 0) break;
    aggregated.left -= 1;
    within.push(toData(error, depth + 1, aggregated));
  }
  return {
    name: name === undefined ? 'Error' : textOf(name),
    message: textOf(message),
    ...(typeof stack === 'string' ? { stack: stack.slice(0, TEXT_LENGTH_MAX) } : {}),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause === undefined || isDeep ? {} : { cause: toData(cause, depth + 1, aggregated) }),
    ...(within.length === 0 ? {} : { errors: within }),
  };
}

/** Also one of another realm, and what some throw in place of one: an object with a message. */
function isErrorLike(thrown: unknown): thrown is { readonly [field: string]: unknown } {
  if (thrown instanceof Error) return true;
  return typeof thrown === 'object' && thrown !== null && typeof Reflect.get(thrown, 'message') === 'string';
}

/** What an error says, or the text of whatever else was thrown. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return textOf(isErrorLike(thrown) ? thrown.message : thrown);
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = 'what cannot be read';

/** The text of anything. Never throws: an object without a prototype has none, a proxy or its own methods may refuse. */
export function textOf(value: unknown): string {
  try {
    return String(value).slice(0, TEXT_LENGTH_MAX);
  } catch {
    return classTextOf(value);
  }
}

function classTextOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return UNREADABLE;
  }
}

/** An error that crossed a boundary, rebuilt: name, message, stack, `code`, cause and errors are those of the original. */
export function errorFromData(data: ErrorData): Error {
  const options = data.cause === undefined ? undefined : { cause: errorFromData(data.cause) };
  const errors = data.errors?.map(errorFromData);
  const make = () =>
    errors === undefined
      ? new Error(data.message, options)
      : new AggregateError(errors, data.message, options);
  const error = data.stack === undefined ? make() : withoutStack(make);
  error.name = data.name;
  if (data.stack !== undefined) error.stack = data.stack;
  if (data.code !== undefined) Object.defineProperty(error, 'code', { value: data.code, enumerable: true });
  return error;
}

/** Another stack takes its place: to capture one would cost more than all the rest. */
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0); // not by assignment, which throws where intrinsics are frozen
  try {
    return make();
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  }
}
