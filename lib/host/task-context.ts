import assert from 'node:assert';
import { type ClaimDraft, parseClaimDraft } from '../core/claim-draft.js';
import { ConclaveError } from '../core/errors.js';
import type { AgentContext, SharedState } from './contract.js';

/** What one attempt at one task may use; its abort signal is made only when somebody looks at it. */
export class TaskContext implements AgentContext {
  readonly id: string;
  readonly attempt: number;
  readonly epoch: number;
  readonly state: SharedState;
  readonly #onProgress: (fraction: number) => void;
  #claims: ClaimDraft[] | undefined;
  #controller: AbortController | undefined;
  #abortReason: ConclaveError | undefined;

  constructor(
    id: string,
    attempt: number,
    epoch: number,
    state: SharedState,
    onProgress: (fraction: number) => void,
  ) {
    this.id = id;
    this.attempt = attempt;
    this.epoch = epoch;
    this.state = state;
    this.#onProgress = onProgress;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  /** What was claimed so far; undefined if nothing. */
  get claims(): readonly ClaimDraft[] | undefined {
    return this.#claims;
  }

  claim(draft: ClaimDraft): void {
    this.#claims ??= [];
    this.#claims.push(parseClaimDraft(draft));
  }

  progress(fraction: number): void {
    assert(fraction >= 0 && fraction <= 1, `progress is a fraction from 0 to 1, not ${fraction}`);
    this.#onProgress(fraction);
  }

  abort(reason: string): void {
    this.#abortReason = new ConclaveError('Cancelled', reason);
    this.#controller?.abort(this.#abortReason);
  }
}
