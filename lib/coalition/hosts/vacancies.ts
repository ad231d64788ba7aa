import type { Clock, Timer } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';

export interface VacanciesOptions {
  readonly clock: Clock;
  /** How long nobody has had an agent when that is told. */
  readonly afterMs: number;
  /** How many tasks wait for an answer now. */
  readonly open: () => number;
  /** The pools that are here. */
  readonly pools: () => readonly { readonly agents: readonly string[] }[];
  /** Hears once of an agent that nobody has, and again only if somebody had it meanwhile. */
  readonly onVacant: (error: ConclaveError) => void;
}

interface Asked {
  sinceMs: number | undefined;
  isTold: boolean;
}

const LOOKS = 4;

/** Agents that tasks were submitted to and that no pool has: their tasks wait, and somebody should know. */
export class Vacancies {
  readonly #options: VacanciesOptions;
  readonly #asked = new Map<string, Asked>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: VacanciesOptions) {
    this.#options = options;
  }

  /** A task of that agent was submitted. */
  asked(agent: string): void {
    if (this.#isClosed || this.#asked.has(agent)) return;
    this.#asked.set(agent, { sinceMs: undefined, isTold: false });
    this.#look();
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#asked.clear();
  }

  #look(): void {
    const { clock, afterMs, pools } = this.#options;
    this.#timer ??= clock.setTimer(() => this.#lookAgain(), afterMs / LOOKS, { background: true });
    const there = new Set(pools().flatMap(({ agents }) => agents));
    for (const [agent, asked] of this.#asked) {
      if (there.has(agent)) {
        asked.sinceMs = undefined;
        asked.isTold = false;
      } else this.#miss(agent, asked);
    }
  }

  #lookAgain(): void {
    this.#timer = undefined;
    if (this.#options.open() > 0) this.#look();
    else this.#asked.clear(); // nothing waits: whoever is asked next is asked anew
  }

  #miss(agent: string, asked: Asked): void {
    const { clock, afterMs, onVacant } = this.#options;
    asked.sinceMs ??= clock.nowMs();
    if (asked.isTold || clock.nowMs() - asked.sinceMs < afterMs) return;
    asked.isTold = true;
    onVacant(
      new ConclaveError(
        'UnknownAgent',
        `Tasks were submitted to "${agent}", which no worker pool that is here has had for ${afterMs} ms. They wait in ` +
          'the queue: have a pool join whose module exports it, or give this coalition workers.',
      ),
    );
  }
}
