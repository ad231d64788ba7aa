import type { SharedResult } from '../core/frame.js';
import type { SharedState } from './contract.js';

/** A worker's copy of the shared state, which grows by what each stage added. */
export class StateCopy implements SharedState {
  #results: SharedResult[] = [];
  readonly #latest = new Map<string, unknown>();

  get results(): readonly SharedResult[] {
    return this.#results;
  }

  latest(agent: string): unknown {
    return this.#latest.get(agent);
  }

  clear(): void {
    this.#results = [];
    this.#latest.clear();
  }

  append(results: readonly SharedResult[]): void {
    for (const result of results) {
      this.#results.push(result);
      this.#latest.set(result.agent, result.value);
    }
  }
}
