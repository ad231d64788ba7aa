import { onAbort } from '../core/abort.js';
import { ConclaveError } from '../core/errors.js';
import { shortText, wrong } from '../core/parse.js';
import { decode, type Encoded, encodeWithin } from '../core/value.js';

/** What the effects of one try are kept with. */
export interface EffectRecordsOptions {
  /** What earlier tries recorded. */
  readonly recorded: readonly (readonly [key: string, outcome: Encoded])[];
  readonly keysMax: number;
  readonly outcomeBytesMax: number;
  /** Aborts when the task is not wanted any more. */
  readonly signal: AbortSignal;
  /** Sends an outcome to be kept; `recorded` is called when it is safe. */
  readonly send: (key: string, outcome: Encoded) => void;
}

/**
 * The effects of `context.once` in one try: each runs unless it is recorded, and is told to the handler only once its
 * outcome is safe on the coordinator's side.
 */
export class EffectRecords {
  readonly #options: EffectRecordsOptions;
  readonly #recorded: ReadonlyMap<string, Encoded>;
  /** Asked for in this try: a key has one effect, however often it is asked for. */
  readonly #outcomes = new Map<string, Promise<unknown>>();
  /** Keys that this try adds to those recorded. */
  readonly #fresh = new Set<string>();
  readonly #unsafe = new Map<string, () => void>();
  #isOver = false;

  constructor(options: EffectRecordsOptions) {
    this.#options = options;
    this.#recorded = new Map(options.recorded);
  }

  /** The outcome of the effect of that key, now or at an earlier try. */
  once(key: unknown, effect: unknown): Promise<unknown> {
    const name = shortText('the key of once', key);
    if (!isEffect(effect)) throw wrong(`the effect of once("${name}")`, 'a function', effect);
    const known = this.#outcomes.get(name);
    if (known !== undefined) return known;
    // It begins a turn later, so that it stands in the table before it can fail.
    const outcome = Promise.resolve().then(() => this.#outcomeOf(name, effect));
    this.#outcomes.set(name, outcome);
    return outcome;
  }

  /** What was sent under this key is safe. */
  recorded(key: string): void {
    this.#unsafe.get(key)?.();
  }

  /** The task has ended: nothing more is recorded for it. */
  end(): void {
    this.#isOver = true;
  }

  async #outcomeOf(key: string, effect: () => unknown): Promise<unknown> {
    try {
      const encoded = this.#recorded.get(key) ?? (await this.#perform(key, effect));
      return decode(encoded);
    } catch (error) {
      this.#outcomes.delete(key); // nothing is recorded: the handler may try again
      this.#fresh.delete(key);
      throw error;
    }
  }

  async #perform(key: string, effect: () => unknown): Promise<Encoded> {
    const { keysMax, outcomeBytesMax, signal, send } = this.#options;
    this.#fresh.add(key);
    if (this.#recorded.size + this.#fresh.size > keysMax) throw tooMany(key, keysMax);
    if (signal.aborted) this.#excuse(key);
    signal.throwIfAborted();
    const encoded = encodeWithin(await effect(), 'outcome', outcomeBytesMax);
    if (this.#isOver) return encoded;
    // Sent also by a task that was aborted meanwhile: the effect has happened, and the next try should know.
    const isSafe = this.#safe(key, signal);
    send(key, encoded);
    await isSafe;
    return encoded;
  }

  #safe(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#unsafe.delete(key);
        forget();
      };
      const abort = () => {
        leave();
        this.#excuse(key);
        reject(signal.reason);
      };
      this.#unsafe.set(key, () => {
        leave();
        resolve();
      });
      const forget = onAbort(signal, abort);
      if (signal.aborted) abort();
    });
  }

  /** A handler that hears of the abort by its signal and does not wait here any more must not die of this rejection. */
  #excuse(key: string): void {
    this.#outcomes.get(key)?.catch(() => undefined);
  }
}

function tooMany(key: string, keysMax: number): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `once("${key}") is one key too many: a task records at most ${keysMax} (onceKeysMax). ` +
      'Record several effects under one key, or split the task.',
  );
}

function isEffect(value: unknown): value is () => unknown {
  return typeof value === 'function';
}
