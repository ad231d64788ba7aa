import { ConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import { optionsOf, wholeNumber } from '../../core/parse.js';
import { parseSignal } from '../tasks/submit-options.js';

/** How a query is run. */
export interface QueryOptions {
  /** How often every agent is dispatched: 1 to 10,000 (default 1). */
  readonly loops?: number;
  /** Ends the query with the signal's reason; what was dispatched already is cancelled. */
  readonly signal?: AbortSignal;
}

/** Options of a query as they are in force. */
export interface QueryRequest {
  readonly loops: number;
  readonly signal: AbortSignal | undefined;
}

const LOOPS_MAX = 10_000;
const OPTIONS = ['loops', 'signal'] satisfies (keyof QueryOptions)[];

/** @throws `InvalidOption` naming the option and its bound. */
export function parseQuery(options: QueryOptions): QueryRequest {
  const { loops = 1, signal } = optionsOf(options, 'the options of runQuery', OPTIONS);
  return { loops: wholeNumber('loops', loops, 1, LOOPS_MAX), signal: parseSignal(signal) };
}

/** @throws `StateFull` for more results than the shared state holds. */
export function refuseTooManyResults(loops: number, agents: number, { stateResultsMax }: Limits): void {
  const results = loops * agents;
  if (results <= stateResultsMax) return;
  throw new ConclaveError(
    'StateFull',
    `${loops} loops of ${agents} agents make ${results} results; the shared state holds ` +
      `${stateResultsMax} (stateResultsMax). Run fewer loops, or raise the limit.`,
  );
}
