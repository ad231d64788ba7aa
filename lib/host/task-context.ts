import assert from 'node:assert';
import { type ClaimDraft, parseClaimDraft } from '../core/claim-draft.js';
import type { ConclaveError } from '../core/errors.js';
import type { TaskExtra } from '../core/frame.js';
import type { Encoded } from '../core/value.js';
import type { AgentContext, SharedState } from './contract.js';
import { EffectRecords } from './effect-records.js';

/** What the tasks of a worker have in common. */
export interface TaskSurroundings {
  readonly epoch: number;
  readonly state: SharedState;
  readonly payloadBytesMax: number;
  readonly onceKeysMax: number;
}

/** What is particular to one try at one task. */
export interface TaskParticulars {
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  /** What earlier tries recorded. */
  readonly recorded: TaskExtra['recorded'];
}

/** Who hears what a handler says of its task. */
export interface TaskContextListener {
  /** From 0 to 1. */
  progress(fraction: number): void;
  /** An outcome of `once` to be kept. */
  record(key: string, outcome: Encoded): void;
}

/** What one try at one task may use, and what it has claimed; its signal is made only when somebody looks at it. */
export class TaskContext {
  /** What the handler gets: an object of its own, so that it can be taken apart, spread and handed on. */
  readonly handed: AgentContext;
  #claims: ClaimDraft[] | undefined;
  #controller: AbortController | undefined;
  #abortReason: ConclaveError | undefined;
  #effects: EffectRecords | undefined;

  constructor(surroundings: TaskSurroundings, particulars: TaskParticulars, listener: TaskContextListener) {
    const signal = () => this.#signal();
    this.handed = {
      id: particulars.id,
      attempt: particulars.attempt,
      epoch: surroundings.epoch,
      state: surroundings.state,
      get signal() {
        return signal();
      },
      claim: (draft) => {
        this.#claims ??= [];
        this.#claims.push(parseClaimDraft(draft));
      },
      progress: (fraction) => {
        assert(fraction >= 0 && fraction <= 1, `progress is a fraction from 0 to 1, not ${fraction}`);
        listener.progress(fraction);
      },
      once: (key, effect) => {
        this.#effects ??= this.#recordEffects(surroundings, particulars, listener);
        return this.#effects.once(key, effect) as Promise<never>; // what the effect answered, by its text
      },
    };
  }

  /** What was claimed so far; undefined if nothing. */
  get claims(): readonly ClaimDraft[] | undefined {
    return this.#claims;
  }

  /** Only the first reason counts. */
  abort(reason: ConclaveError): void {
    this.#abortReason ??= reason;
    this.#controller?.abort(this.#abortReason);
  }

  /** What `once` sent under this key is safe. */
  recorded(key: string): void {
    this.#effects?.recorded(key);
  }

  /** The try is over. */
  end(): void {
    this.#effects?.end();
  }

  #recordEffects(
    { onceKeysMax, payloadBytesMax }: TaskSurroundings,
    { recorded }: TaskParticulars,
    listener: TaskContextListener,
  ): EffectRecords {
    return new EffectRecords({
      recorded,
      keysMax: onceKeysMax,
      outcomeBytesMax: payloadBytesMax,
      signal: this.#signal(),
      send: (key, outcome) => listener.record(key, outcome),
    });
  }

  #signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }
}
