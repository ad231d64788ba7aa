import { updateServiceMs, updateUsual } from '../../scheduling/prefetch.js';

interface Pace {
  readonly serviceMs: number;
  /** Tasks of a report. */
  readonly usual: number;
}

/** How long tasks of each agent take a worker, as its reports show. */
export class AgentPaces {
  readonly #paces = new Map<string, Pace>();

  /** The mean so far; undefined before anything was measured. */
  of(agent: string): number | undefined {
    return this.#paces.get(agent)?.serviceMs;
  }

  /** A report told of `count` tasks of an agent, `serviceMs` each. */
  note(agent: string, serviceMs: number, count: number): void {
    if (!Number.isFinite(serviceMs)) return;
    const known = this.#paces.get(agent);
    const usual = known?.usual ?? count;
    this.#paces.set(agent, {
      serviceMs: updateServiceMs(known?.serviceMs, serviceMs * count, count, Math.max(1, usual)),
      usual: updateUsual(usual, count),
    });
  }
}
