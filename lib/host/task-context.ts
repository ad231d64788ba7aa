import assert from 'node:assert';
import { type ClaimDraft, parseClaimDraft } from '../core/claim-draft.js';
import { ConclaveError } from '../core/errors.js';
import type { AgentContext, SharedState } from './contract.js';

/** What one attempt at one task may use, and what it has claimed; its signal is made only when somebody looks at it. */
export class TaskContext {
  /** What the handler gets: an object of its own, so that it can be taken apart, spread and handed on. */
  readonly handed: AgentContext;
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
    const signal = () => this.#signal();
    this.handed = {
      id,
      attempt,
      epoch,
      state,
      get signal() {
        return signal();
      },
      claim: (draft) => {
        this.#claims ??= [];
        this.#claims.push(parseClaimDraft(draft));
      },
      progress: (fraction) => {
        assert(fraction >= 0 && fraction <= 1, `progress is a fraction from 0 to 1, not ${fraction}`);
        onProgress(fraction);
      },
    };
  }

  /** What was claimed so far; undefined if nothing. */
  get claims(): readonly ClaimDraft[] | undefined {
    return this.#claims;
  }

  abort(reason: string): void {
    this.#abortReason = new ConclaveError('Cancelled', reason);
    this.#controller?.abort(this.#abortReason);
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }
}
