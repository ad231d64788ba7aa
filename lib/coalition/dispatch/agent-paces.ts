import { updateServiceMs } from '../../scheduling/prefetch.js';

/** How long tasks of each agent take a worker, as its reports show. */
export class AgentPaces {
  readonly #serviceMs = new Map<string, number>();

  /** The mean so far; undefined before anything was measured. */
  of(agent: string): number | undefined {
    return this.#serviceMs.get(agent);
  }

  /** A report told of `count` tasks of an agent, `serviceMs` each. */
  note(agent: string, serviceMs: number, count: number): void {
    if (!Number.isFinite(serviceMs)) return;
    this.#serviceMs.set(agent, updateServiceMs(this.#serviceMs.get(agent), serviceMs * count, count));
  }
}
