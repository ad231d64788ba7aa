import type { MapInputs } from './map-options.js';

/** Inputs that were taken together; after the last of them `isLast` is true, also when there were none. */
export interface InputBatch {
  readonly inputs: readonly unknown[];
  readonly isLast: boolean;
}

/** What a map takes its inputs from. */
export interface InputSource {
  /** At most `count` inputs, which is at least 1. Not to be asked again before it has answered. */
  take(count: number): InputBatch | Promise<InputBatch>;
  /** Whoever takes, waits no longer; one that is asked is told to close, and not waited for. */
  leave(): void;
  /** Closes it, unless it has ended or thrown. */
  close(): Promise<void>;
}

/** What an asynchronous source needs of the map that takes from it. */
export interface InputSourceOptions {
  /** Calls back after this tick. */
  readonly defer: (callback: () => void) => void;
  /** It failed when nobody took from it. */
  readonly onError: (error: unknown) => void;
}

/** Opens what a map runs over. @throws what opening it throws. */
export function openInputs(inputs: MapInputs<unknown>, options: InputSourceOptions): InputSource {
  return isAsync(inputs)
    ? new ArrivingInputs(inputs[Symbol.asyncIterator](), options)
    : new ReadyInputs(inputs[Symbol.iterator]());
}

/** Inputs that are there when they are asked for. */
class ReadyInputs implements InputSource {
  readonly #source: Iterator<unknown>;
  #isOpen = true;

  constructor(source: Iterator<unknown>) {
    this.#source = source;
  }

  take(count: number): InputBatch {
    const inputs: unknown[] = [];
    while (inputs.length < count) {
      this.#isOpen = false; // one that throws is closed, and one that is done
      const input = this.#source.next();
      if (input.done === true) return { inputs, isLast: true };
      this.#isOpen = true;
      inputs.push(input.value);
    }
    return { inputs, isLast: false };
  }

  leave(): void {}

  async close(): Promise<void> {
    if (this.#isOpen) this.#source.return?.();
  }
}

interface Taker {
  readonly count: number;
  readonly resolve: (batch: InputBatch) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Inputs that come in their own time: asked for one by one, and handed over together when enough have come or the
 * tick in which one came is over. So a fast source fills whole publishes, and a slow one waits for nobody.
 */
class ArrivingInputs implements InputSource {
  readonly #source: AsyncIterator<unknown>;
  readonly #options: InputSourceOptions;
  #arrived: unknown[] = [];
  #taker: Taker | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isAsked = false;
  #isOpen = true;
  #isDone = false;
  #isTickWatched = false;

  constructor(source: AsyncIterator<unknown>, options: InputSourceOptions) {
    this.#source = source;
    this.#options = options;
  }

  take(count: number): Promise<InputBatch> {
    return new Promise((resolve, reject) => {
      this.#taker = { count, resolve, reject };
      this.#look();
    });
  }

  leave(): void {
    this.#isDone = true;
    this.#deliver();
    // Not waited for: a source that is silent for ever would hold up whoever leaves.
    if (this.#isAsked) this.#return().catch(this.#options.onError);
  }

  async close(): Promise<void> {
    if (this.#isOpen && !this.#isAsked) await this.#return();
  }

  async #return(): Promise<void> {
    await this.#source.return?.();
  }

  /** Hands over what has come, or asks for more. */
  #look(): void {
    const taker = this.#taker;
    if (taker === undefined) return;
    if (this.#failure !== undefined) taker.reject(this.#failure.error);
    else if (this.#isDone || this.#arrived.length >= taker.count) this.#deliver();
    else {
      if (this.#arrived.length > 0) this.#deliverAfterTick();
      if (!this.#isAsked) this.#ask();
    }
  }

  #deliver(): void {
    const inputs = this.#arrived;
    this.#arrived = [];
    this.#taker?.resolve({ inputs, isLast: this.#isDone });
    this.#taker = undefined;
  }

  #deliverAfterTick(): void {
    if (this.#isTickWatched) return;
    this.#isTickWatched = true;
    this.#options.defer(() => {
      this.#isTickWatched = false;
      if (this.#taker !== undefined && this.#arrived.length > 0) this.#deliver();
    });
  }

  #ask(): void {
    this.#isAsked = true;
    this.#isOpen = false; // one that throws is closed, and one that is done
    try {
      Promise.resolve(this.#source.next()).then(
        (input) => this.#onInput(input),
        (error) => this.#onError(error),
      );
    } catch (error) {
      this.#onError(error);
    }
  }

  #onInput(input: IteratorResult<unknown>): void {
    this.#isAsked = false;
    if (input.done === true) this.#isDone = true;
    else if (!this.#isDone) {
      this.#isOpen = true; // one that was left meanwhile has been told to close
      this.#arrived.push(input.value);
    }
    this.#look();
  }

  #onError(error: unknown): void {
    this.#isAsked = false;
    this.#failure = { error };
    this.#look();
  }
}

function isAsync(inputs: MapInputs<unknown>): inputs is AsyncIterable<unknown> {
  return typeof inputs === 'object' && Symbol.asyncIterator in inputs;
}
