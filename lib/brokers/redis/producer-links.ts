/** The producers of one call of the publish script, and what it says of them first. */
export interface LinkedCall {
  /** Records of the script: 'n' producer, the link before, its own link, numbers that may be lost. */
  readonly words: readonly string[];
  readonly links: ReadonlyMap<string, number>;
  readonly lost: ReadonlyMap<string, ReadonlySet<number>>;
}

/**
 * What keeps several publishes in flight from being taken for resends. A producer is known by its high-water mark, so
 * a message that got lost and comes again after later ones were accepted would pass for a duplicate, and be lost for
 * good. Therefore each call names the one before it that is still in flight, and is not carried out unless that one
 * was; and the first call after a failure names the numbers that may be lost: those above the mark were never
 * accepted, and may come again as if they had been refused.
 */
export class ProducerLinks {
  readonly #lostMax: number;
  readonly #flying = new Map<string, number>();
  readonly #lost = new Map<string, Set<number>>();
  #links = 0;

  /** Of a producer so many lost numbers are remembered at most, the newest. */
  constructor(lostMax: number) {
    this.#lostMax = lostMax;
  }

  /** For a call that is about to be sent, behind all before it. */
  open(producers: Iterable<string>): LinkedCall {
    const links = new Map<string, number>();
    const lost = new Map<string, ReadonlySet<number>>();
    const words: string[] = [];
    for (const producer of producers) {
      this.#links += 1;
      const before = this.#flying.get(producer);
      const gone = this.#lost.get(producer) ?? NONE;
      words.push('n', producer, before === undefined ? '' : String(before), String(this.#links));
      words.push([...gone].join(' '));
      links.set(producer, this.#links);
      lost.set(producer, gone);
      this.#flying.set(producer, this.#links);
      this.#lost.delete(producer);
    }
    return { words, links, lost };
  }

  /** The call was carried out. */
  answered({ links }: LinkedCall): void {
    for (const [producer, link] of links)
      if (this.#flying.get(producer) === link) this.#flying.delete(producer);
  }

  /** The call was not carried out, or nobody knows. */
  failed(call: LinkedCall): void {
    this.answered(call);
    for (const [producer, seqs] of call.lost) for (const seq of seqs) this.lose(producer, seq);
  }

  /** A message that whoever published it is told nothing of. */
  lose(producer: string, seq: number): void {
    const lost = this.#lost.get(producer) ?? new Set();
    this.#lost.set(producer, lost.add(seq));
    if (lost.size > this.#lostMax) for (const oldest of lost.keys()) if (lost.delete(oldest)) break;
  }
}

const NONE: ReadonlySet<number> = new Set();
