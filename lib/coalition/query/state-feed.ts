import type { HostFrame, SharedResult } from '../../core/frame.js';
import { type Encoded, encode } from '../../core/value.js';

/** Keeps workers' copies of the shared state at the last stage: each gets what is new, a new worker gets it all. */
export class StateFeed {
  readonly #broadcast: (frame: HostFrame) => void;
  #sent: readonly SharedResult[] = [];
  #isReset = true;

  constructor(broadcast: (frame: HostFrame) => void) {
    this.#broadcast = broadcast;
  }

  /** The next stage is of another query: workers forget what they know. */
  reset(): void {
    this.#sent = [];
    this.#isReset = true;
  }

  /** Brings every worker up to these results, of which those sent before are a beginning. */
  send(results: readonly SharedResult[]): void {
    const fresh = results.slice(this.#sent.length);
    if (fresh.length === 0 && !this.#isReset) return;
    this.#broadcast({ type: 'state', reset: this.#isReset, results: encodeResults(fresh) });
    this.#sent = results.slice();
    this.#isReset = false;
  }

  /** What a worker that has just started must know. */
  whole(): HostFrame {
    return { type: 'state', reset: true, results: encodeResults(this.#sent) };
  }
}

/** An agent that answered nothing has an entry without a value, as nothing undefined crosses. */
function encodeResults(results: readonly SharedResult[]): Encoded {
  const plain = results.map(({ value, ...rest }) => (value === undefined ? rest : { ...rest, value }));
  return encode(plain, 'state');
}
