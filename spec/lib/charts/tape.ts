/** Random choices, read one after the other; a tape that has ended says 0 for ever, so that it shrinks to the plainest. */
export class Tape {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** A number below `count`. */
  below(count: number): number {
    const byte = this.#bytes[this.#at] ?? 0;
    this.#at += 1;
    return byte % count;
  }

  /** Once in `often` times. */
  once(often: number): boolean {
    return this.below(often) === often - 1;
  }

  pick<Of>(options: readonly Of[], otherwise: Of): Of {
    return options[this.below(options.length)] ?? otherwise;
  }

  /** Up to `most` of something, few rather than many. */
  some<Of>(most: number, make: () => Of): Of[] {
    const count = Math.min(this.below(most + 1), this.below(most + 1) + 1);
    return Array.from({ length: count }, make);
  }

  /** From one up to `most` of something. */
  atLeastOne<Of>(most: number, make: () => Of): Of[] {
    return Array.from({ length: 1 + this.below(most) }, make);
  }
}
