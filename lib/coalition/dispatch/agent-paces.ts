import { chunkSize } from '../../scheduling/chunk-size.js';
import { updateServiceMs, updateUsual } from '../../scheduling/prefetch.js';

export interface AgentPacesOptions {
  /** How many workers there are. */
  readonly workers: () => number;
  /** Tasks a worker may hold. */
  readonly credit: number;
}

interface Pace {
  readonly serviceMs: number;
  /** Tasks of a report. */
  readonly usual: number;
}

/** How long tasks of each agent take a worker, as its reports show. */
export class AgentPaces {
  readonly #options: AgentPacesOptions;
  readonly #paces = new Map<string, Pace>();
  /** Those that wait for the first report, by agent. */
  readonly #waiting = new Map<string, { readonly reported: Promise<void>; readonly tell: () => void }>();

  constructor(options: AgentPacesOptions) {
    this.#options = options;
  }

  /** How many tasks of that agent a message should carry, of so many that wait, so many of them under way at once. */
  chunkSize(agent: string, concurrency: number, waiting: number): number {
    const { credit, workers } = this.#options;
    const serviceMs = this.#paces.get(agent)?.serviceMs;
    return chunkSize({ serviceMs, credit, workers: workers(), concurrency, waiting });
  }

  /** Resolves at the first report of an agent's tasks; at once if there was one. */
  measured(agent: string): Promise<void> {
    if (this.#paces.has(agent)) return Promise.resolve();
    const waiting = this.#waiting.get(agent);
    if (waiting !== undefined) return waiting.reported;
    let tell = () => {};
    const reported = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#waiting.set(agent, { reported, tell });
    return reported;
  }

  /** A report told of `count` tasks of an agent, `serviceMs` each. */
  note(agent: string, serviceMs: number, count: number): void {
    if (!Number.isFinite(serviceMs)) return;
    const known = this.#paces.get(agent);
    const usual = known?.usual ?? count;
    if (known === undefined) this.#waiting.get(agent)?.tell();
    this.#waiting.delete(agent);
    this.#paces.set(agent, {
      serviceMs: updateServiceMs(known?.serviceMs, serviceMs * count, count, Math.max(1, usual)),
      usual: updateUsual(usual, count),
    });
  }
}
