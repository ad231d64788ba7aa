import { type Clock, sleep } from '../../core/clock.js';
import { chunkSize } from '../../scheduling/chunk-size.js';
import { updateServiceMs, updateUsual } from '../../scheduling/prefetch.js';
import type { ChunkMeasure } from '../chunks/chunk-maker.js';

export interface AgentPacesOptions {
  readonly clock: Clock;
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
  /** Those that wait for a report, by agent. */
  readonly #waiting = new Map<string, { readonly reported: Promise<void>; readonly tell: () => void }>();

  constructor(options: AgentPacesOptions) {
    this.#options = options;
  }

  /** What is known of that agent's tasks, so many of them under way at once. */
  measure(agent: string, concurrency: number): ChunkMeasure {
    const { clock, credit, workers } = this.#options;
    return {
      size: (waiting) => {
        const serviceMs = this.#paces.get(agent)?.serviceMs;
        return chunkSize({ serviceMs, credit, workers: workers(), concurrency, waiting });
      },
      isMeasured: () => this.#paces.has(agent),
      nextReport: (waitMs, signal) => {
        const reported = new AbortController();
        void this.#nextReport(agent).then(() => reported.abort());
        return sleep(clock, waitMs, reported.signal, signal);
      },
    };
  }

  /** A report told of `count` tasks of an agent, `serviceMs` each, if it said so. */
  note(agent: string, serviceMs: number | undefined, count: number): void {
    if (count === 0 || serviceMs === undefined || !Number.isFinite(serviceMs)) return;
    const known = this.#paces.get(agent);
    const usual = known?.usual ?? count;
    this.#waiting.get(agent)?.tell();
    this.#waiting.delete(agent);
    this.#paces.set(agent, {
      serviceMs: updateServiceMs(known?.serviceMs, serviceMs * count, count, Math.max(1, usual)),
      usual: updateUsual(usual, count),
    });
  }

  #nextReport(agent: string): Promise<void> {
    const waiting = this.#waiting.get(agent);
    if (waiting !== undefined) return waiting.reported;
    let tell = () => {};
    const reported = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#waiting.set(agent, { reported, tell });
    return reported;
  }
}
