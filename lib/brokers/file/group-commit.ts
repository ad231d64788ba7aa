import type { Clock } from '../../core/clock.js';

/** What a group of calls is applied to and made durable by. */
export interface Committed {
  /** Makes ready for changes. Throws where that is impossible: nothing was changed then. */
  prepare(): void;
  /** Makes every change since the last call durable. */
  commit(): void;
  /** Forgets every change that is not durable. */
  discard(): void;
  /** Lets those who wait see what is durable now. */
  serve(): void;
}

interface Asked {
  /** Applies the call; what it answers tells its caller. */
  readonly apply: () => () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one commit of all that is asked for in one turn of the event loop. The commit blocks, so nothing is ever
 * asked while one runs; and nobody sees a change that is not durable, because changes are made just before it.
 */
export class GroupCommit {
  readonly #clock: Clock;
  readonly #committed: Committed;
  #asked: Asked[] = [];

  constructor(clock: Clock, committed: Committed) {
    this.#clock = clock;
    this.#committed = committed;
  }

  /** Resolves to what `change` answers once that is durable; rejects if it is not, and then nothing has changed. */
  ask<T>(change: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) this.#clock.defer(() => this.flush());
      const apply = () => {
        try {
          const outcome = change();
          return () => resolve(outcome);
        } catch (error) {
          // A programming error of that one caller; the others do not suffer.
          return () => reject(error);
        }
      };
      this.#asked.push({ apply, reject });
    });
  }

  /** Commits what was asked for so far. */
  flush(): void {
    const asked = this.#asked;
    if (asked.length === 0) return;
    this.#asked = [];
    let tell: (() => void)[];
    try {
      this.#committed.prepare();
      tell = asked.map(({ apply }) => apply());
      this.#committed.commit();
    } catch (error) {
      this.#committed.discard();
      for (const { reject } of asked) reject(error);
      return;
    }
    for (const each of tell) each();
    this.#committed.serve();
  }
}
