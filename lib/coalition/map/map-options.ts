import { refuseUnknown, wrong } from '../../core/parse.js';
import { wholeNumber } from '../options.js';
import {
  type BrokerPromise,
  type DraftOptions,
  parseDraft,
  parseSignal,
  type TriesOptions,
} from '../tasks/submit-options.js';

/** How `map` goes about its inputs. */
export interface MapOptions extends TriesOptions {
  /** Inputs under way at once, results not yet taken included (1 to 1,000,000, default 512). */
  readonly concurrency?: number;
  /** True (default) yields in input order, false as results come. */
  readonly ordered?: boolean;
  /** 'throw' (default) ends the loop at the first failure, 'yield' yields a `MapOutcome` for every input. */
  readonly onError?: 'throw' | 'yield';
  /** 0 to 9, larger first (default 4). */
  readonly priority?: number;
  /** Ends the loop with the signal's reason, and cancels what is under way. */
  readonly signal?: AbortSignal;
}

/** What became of one input of a `map` with `onError: 'yield'`. */
export type MapOutcome<Result = unknown> = {
  /** Its place among the inputs, from 0. */
  readonly index: number;
} & (
  | {
      readonly status: 'fulfilled';
      /** What the agent answered. */
      readonly value: Result;
    }
  | {
      readonly status: 'rejected';
      /** What `submit` would have thrown, or `task.result`. */
      readonly error: Error;
    }
);

/** What `map` runs over; an asynchronous source is asked for one input at a time, and never for more than it may have under way. */
export type MapInputs<Payload> = Iterable<Payload> | AsyncIterable<Payload>;

/** Options of a map as they are in force. */
export interface MapRequest {
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly onError: 'throw' | 'yield';
  readonly signal: AbortSignal | undefined;
  readonly draft: DraftOptions;
}

const CONCURRENCY = 512;
const CONCURRENCY_MAX = 1_000_000;
const OPTIONS: readonly string[] = [
  'concurrency',
  'ordered',
  'onError',
  'priority',
  'attempts',
  'backoff',
  'timeoutMs',
  'signal',
] satisfies (keyof MapOptions)[];

/** @throws `InvalidOption` naming the option and its bound, also for what this broker cannot keep. */
export function parseMap(options: MapOptions, broker: BrokerPromise): MapRequest {
  refuseUnknown(options, 'the options of map', OPTIONS);
  const { concurrency = CONCURRENCY, ordered = true, onError = 'throw', signal, ...rest } = options;
  if (typeof ordered !== 'boolean') throw wrong('ordered', 'true or false', ordered);
  if (onError !== 'throw' && onError !== 'yield') throw wrong('onError', "'throw' or 'yield'", onError);
  return {
    concurrency: wholeNumber('concurrency', concurrency, 1, CONCURRENCY_MAX),
    ordered,
    onError,
    signal: parseSignal(signal),
    draft: parseDraft(rest, broker),
  };
}

/** @throws `InvalidOption` for what cannot be gone through; a text is gone through by its characters. */
export function refuseNotIterable(call: string, inputs: unknown, symbols: readonly symbol[]): void {
  const isIterable = typeof inputs === 'string' || (typeof inputs === 'object' && inputs !== null);
  if (isIterable && symbols.some((symbol) => symbol in Object(inputs))) return;
  const expected = symbols.length === 1 ? 'an iterable' : 'an iterable or an async iterable';
  throw wrong(`what ${call} runs over`, expected, inputs);
}
