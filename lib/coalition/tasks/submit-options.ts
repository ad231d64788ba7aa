import type { Broker } from '../../brokers/contract.js';
import { isPlainBackoff, type PlainBackoff } from '../../core/backoff.js';
import { ConclaveError } from '../../core/errors.js';
import { PRIORITY_DEFAULT, PRIORITY_MAX, type Tries } from '../../core/message.js';
import { optionsOf, readable, shortText, wholeNumber, wrong } from '../../core/parse.js';
import { ATTEMPTS_MAX, TIMEOUT_MS_MAX } from '../agent-plan.js';
import type { Draft } from './publisher.js';

/** How a task is tried, where it is not as its agent says. */
export interface TriesOptions {
  /** Failures and crashes before it is a dead letter (1 to 1,000). */
  readonly attempts?: number;
  /** The wait between tries, as plain data that travels with the task. */
  readonly backoff?: PlainBackoff;
  /** How long one try may take; then its signal aborts, and it counts as failed. */
  readonly timeoutMs?: number;
}

/** How tasks are submitted, one or many. */
export interface SubmitAllOptions extends TriesOptions {
  /** 0 to 9, larger first (default 4). */
  readonly priority?: number;
  /** At most one task of a key runs at a time, in the order in which they were submitted; other keys flow. */
  readonly orderingKey?: string;
  /** How long after its acceptance the task is given out at the earliest (default 0). */
  readonly delayMs?: number;
  /** Cancels what is pending when it aborts; aborted before, nothing is submitted. */
  readonly signal?: AbortSignal;
}

/** How one task is submitted. */
export interface SubmitOptions extends SubmitAllOptions {
  /** Makes the submit idempotent: the same id again, within the dedupe window, is the same task. */
  readonly id?: string;
  /** How long to wait while the queue is full, before `QueueFull` (default 0). */
  readonly waitMs?: number;
}

/** What options are held against: what the broker can promise. */
export type BrokerPromise = Pick<Broker, 'name' | 'capabilities'>;

/** What a task is beside its agent and its payload. */
export type DraftOptions = Pick<Draft, 'id' | 'priority' | 'orderingKey' | 'delayMs' | 'tries'>;

/** Options of a submit as they are in force. */
export interface SubmitRequest {
  readonly draft: DraftOptions;
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The longest that a task can be told to wait: a year. */
const WAIT_MS_MAX = 31_536_000_000;

const TRIES = ['attempts', 'backoff', 'timeoutMs'] satisfies (keyof TriesOptions)[];
const SUBMIT_ALL: readonly string[] = [
  'priority',
  'orderingKey',
  'delayMs',
  ...TRIES,
  'signal',
] satisfies (keyof SubmitAllOptions)[];
const SUBMIT: readonly string[] = ['id', ...SUBMIT_ALL, 'waitMs'];

const PLAIN_DRAFT: DraftOptions = Object.freeze({});
const PLAIN_REQUEST: SubmitRequest = Object.freeze({ draft: PLAIN_DRAFT, waitMs: 0, signal: undefined });

/** @throws `InvalidOption` naming the option and its bound, also for what this broker cannot keep. */
export function parseSubmit(options: SubmitOptions | undefined, broker: BrokerPromise): SubmitRequest {
  if (options === undefined) return PLAIN_REQUEST;
  const given = optionsOf(options, 'the options of submit', SUBMIT);
  const { id, waitMs } = given;
  return {
    draft: { ...parseDraft(given, broker), id: id === undefined ? undefined : shortText('id', id) },
    waitMs: waitMs === undefined ? 0 : wholeNumber('waitMs', waitMs, 0, WAIT_MS_MAX),
    signal: parseSignal(given.signal),
  };
}

/** @throws `InvalidOption` naming the option and its bound, also for what this broker cannot keep. */
export function parseSubmitAll(options: SubmitAllOptions | undefined, broker: BrokerPromise): SubmitRequest {
  if (options === undefined) return PLAIN_REQUEST;
  const given = optionsOf(options, 'the options of submitAll', SUBMIT_ALL);
  return { draft: parseDraft(given, broker), waitMs: 0, signal: parseSignal(given.signal) };
}

/** The options that say what a task is, of any call that makes tasks. @throws `InvalidOption`. */
export function parseDraft(
  { priority, orderingKey, delayMs, ...tries }: SubmitAllOptions,
  broker: BrokerPromise,
): DraftOptions {
  return {
    priority: priority === undefined ? undefined : parsePriority(priority, broker),
    orderingKey: orderingKey === undefined ? undefined : parseOrderingKey(orderingKey, broker),
    delayMs: delayMs === undefined ? undefined : parseDelay(delayMs, broker),
    tries: parseTries(tries),
  };
}

/** @throws `InvalidOption` for what is no `AbortSignal`. */
export function parseSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || isSignal(signal)) return signal;
  throw wrong('signal', 'an AbortSignal', signal);
}

function isSignal(value: unknown): value is AbortSignal {
  return readable('signal', () => value instanceof AbortSignal);
}

function parseTries({ attempts, backoff, timeoutMs }: TriesOptions): Tries | undefined {
  if (attempts === undefined && backoff === undefined && timeoutMs === undefined) return undefined;
  return {
    ...(attempts !== undefined && { attempts: wholeNumber('attempts', attempts, 1, ATTEMPTS_MAX) }),
    ...(backoff !== undefined && { backoff: parseBackoff(backoff) }),
    ...(timeoutMs !== undefined && { timeoutMs: wholeNumber('timeoutMs', timeoutMs, 1, TIMEOUT_MS_MAX) }),
  };
}

function parseBackoff(backoff: unknown): PlainBackoff {
  if (isPlainBackoff(backoff)) return backoff;
  const expected = "{ type: 'fixed', delayMs } or { type: 'exponential', delayMs, delayMsMax, jitter }";
  if (typeof backoff !== 'function') throw wrong('backoff', expected, backoff);
  throw new ConclaveError(
    'InvalidOption',
    `backoff of a task must be ${expected}: a function cannot travel with it. Give it to defineAgent.`,
  );
}

function parsePriority(given: unknown, broker: BrokerPromise): number {
  const priority = wholeNumber('priority', given, 0, PRIORITY_MAX);
  if (priority !== PRIORITY_DEFAULT && !broker.capabilities.priorities) {
    throw cannotKeep(broker, 'priority', `but the default ${PRIORITY_DEFAULT}`);
  }
  return priority;
}

function parseOrderingKey(given: unknown, broker: BrokerPromise): string {
  const orderingKey = shortText('orderingKey', given);
  if (!broker.capabilities.orderedByKey) throw cannotKeep(broker, 'orderingKey', 'at all');
  return orderingKey;
}

function parseDelay(given: unknown, broker: BrokerPromise): number {
  const delayMs = wholeNumber('delayMs', given, 0, WAIT_MS_MAX);
  if (delayMs > 0 && !broker.capabilities.delayed) throw cannotKeep(broker, 'delayMs', 'but 0');
  return delayMs;
}

function cannotKeep({ name }: BrokerPromise, option: string, but: string): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `The broker ${name} keeps no ${option} ${but}: leave it out, or use a broker that does.`,
  );
}
