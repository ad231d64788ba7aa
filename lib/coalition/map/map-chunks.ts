/** A chunk of inputs that is under way. */
interface MapChunk {
  readonly firstSeq: number;
  readonly count: number;
  /** The place of its first input among all. */
  readonly firstIndex: number;
  /** Tasks of it that have not ended. */
  left: number;
}

/** Which inputs went out together, by the sequence number of their message. */
export class MapChunks {
  readonly #chunks = new Map<number, MapChunk>();

  add(firstSeq: number, count: number, firstIndex: number): void {
    this.#chunks.set(firstSeq, { firstSeq, count, firstIndex, left: count });
  }

  /** The place of a chunk's first input. */
  firstIndexOf(firstSeq: number): number | undefined {
    return this.#chunks.get(firstSeq)?.firstIndex;
  }

  /** The place of the input of that task. */
  indexOf(seq: number): number | undefined {
    const chunk = this.#chunkOf(seq);
    return chunk && chunk.firstIndex + seq - chunk.firstSeq;
  }

  /** So many tasks have ended, of the chunk with that one. */
  ended(seq: number, count: number): void {
    const chunk = this.#chunks.get(seq) ?? this.#chunkOf(seq);
    if (chunk === undefined) return;
    chunk.left -= count;
    if (chunk.left <= 0) this.#chunks.delete(chunk.firstSeq);
  }

  /** The broker would not take it. */
  delete(firstSeq: number): void {
    this.#chunks.delete(firstSeq);
  }

  /** The sequence numbers of all tasks, those that have ended included. */
  *seqs(): IterableIterator<number> {
    for (const { firstSeq, count } of this.#chunks.values())
      for (let seq = firstSeq; seq < firstSeq + count; seq += 1) yield seq;
  }

  #chunkOf(seq: number): MapChunk | undefined {
    for (const chunk of this.#chunks.values())
      if (seq >= chunk.firstSeq && seq < chunk.firstSeq + chunk.count) return chunk;
    return undefined;
  }
}
