import { decodeColumns } from '../../core/columns.js';
import { messageOf } from '../../core/errors.js';
import { malformedFrame } from '../../core/malformed-frame.js';
import type { Encoded } from '../../core/value.js';

/** Answers that came in one text. */
export class AnswerColumn {
  readonly #text: Encoded;
  readonly #values: readonly unknown[];
  #isTaken: Uint8Array | undefined;

  /** Reads it at once: a worker whose text is broken must not have answered. @throws `MalformedFrame`. */
  constructor(text: Encoded, count: number) {
    this.#text = text;
    this.#values = readColumn(text);
    if (this.#values.length !== count)
      throw malformedFrame(`${this.#values.length} answers of ${count} tasks`);
  }

  /** Characters of all of them together. */
  get length(): number {
    return this.#text.length;
  }

  /** The answer at that place; nobody else may have been given it. */
  value(at: number): unknown {
    return this.#values[at];
  }

  /** A copy of it, its own on each call. */
  copy(at: number): unknown {
    const value = this.value(at);
    if (typeof value !== 'object' || value === null) return value;
    this.#isTaken ??= new Uint8Array(this.#values.length);
    if (this.#isTaken[at] === 1) return decodeColumns(this.#text)[at];
    this.#isTaken[at] = 1;
    return value;
  }
}

function readColumn(text: Encoded): readonly unknown[] {
  try {
    return decodeColumns(text);
  } catch (error) {
    throw malformedFrame(messageOf(error), error);
  }
}
