import { decodeColumns } from '../../core/columns.js';
import { malformedFrame } from '../../core/malformed-frame.js';
import type { Encoded } from '../../core/value.js';

/** Answers that came in one text: read when the first of them is asked for. */
export class AnswerColumn {
  readonly #text: Encoded;
  #values: readonly unknown[] | undefined;
  #isTaken: Uint8Array | undefined;

  constructor(text: Encoded) {
    this.#text = text;
  }

  /** Characters of all of them together. */
  get length(): number {
    return this.#text.length;
  }

  /** The answer at that place; nobody else may have been given it. @throws what `decodeColumns` does, or `MalformedFrame`. */
  value(at: number): unknown {
    this.#values ??= decodeColumns(this.#text);
    if (at >= this.#values.length) throw malformedFrame('fewer answers than tasks answered');
    return this.#values[at];
  }

  /** A copy of it, its own on each call. */
  copy(at: number): unknown {
    const value = this.value(at);
    if (typeof value !== 'object' || value === null) return value;
    this.#isTaken ??= new Uint8Array(this.#values?.length ?? 0);
    if (this.#isTaken[at] === 1) return decodeColumns(this.#text)[at];
    this.#isTaken[at] = 1;
    return value;
  }
}
