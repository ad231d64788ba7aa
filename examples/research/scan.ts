import { type Passage, passagesOf, wordsIn } from './passages.js';
import { readDocuments } from './read.js';
import { termFinder } from './terms.js';
import { emptyTally, listDocuments, type Tally } from './walk.js';

/** A passage that holds wanted terms, and which. */
export interface Candidate {
  readonly passage: Passage;
  readonly held: ReadonlySet<string>;
}

/** What a term's rarity is measured against. */
export interface Statistics {
  /** Passages in the folder. */
  readonly passages: number;
  /** Passages that hold a term. */
  readonly frequency: ReadonlyMap<string, number>;
}

/** What one pass over a folder brought. */
export interface Scan {
  readonly candidates: readonly Candidate[];
  readonly statistics: Statistics;
  readonly projects: ReadonlySet<string>;
  readonly tally: Tally;
}

/** What to look for. */
export interface ScanRequest {
  readonly docs: string;
  readonly terms: Iterable<string>;
  /** Whether a passage that holds these terms is worth keeping; by default one term is enough. */
  readonly keeps?: (held: ReadonlySet<string>) => boolean;
  readonly signal: AbortSignal;
  readonly progress?: (fraction: number) => void;
}

/** Passages kept at most: past it, the half that hold the fewest terms goes. */
export const CANDIDATES_MAX = 20_000;
const PROGRESS_STEPS = 20;

/** Streams the documents of a folder once, keeping only passages that hold wanted terms. */
export async function scan(request: ScanRequest): Promise<Scan> {
  const { docs, signal, progress } = request;
  const tally = emptyTally();
  const { files, projects } = await listDocuments(docs, tally, signal);
  const gathered = new Gathering(request);
  const step = Math.max(1, Math.floor(files.length / PROGRESS_STEPS));
  let done = 0;
  for await (const { file, text } of readDocuments(docs, files, tally, signal)) {
    gathered.add(file, text);
    done += 1;
    if (done % step === 0) progress?.(done / files.length);
  }
  return { ...gathered.result(), projects, tally };
}

class Gathering {
  readonly #heldBy: (text: string) => Set<string>;
  readonly #keeps: (held: ReadonlySet<string>) => boolean;
  readonly #frequency = new Map<string, number>();
  #candidates: Candidate[] = [];
  #passages = 0;
  #heading: { readonly text: string; readonly held: ReadonlySet<string> } | undefined;

  constructor({ terms, keeps }: ScanRequest) {
    this.#heldBy = termFinder(new Set(terms));
    this.#keeps = keeps ?? (() => true);
  }

  add(file: string, text: string): void {
    for (const lazy of passagesOf(file, text)) {
      this.#passages += 1;
      const held = new Set([...this.#heldBy(lazy.text), ...this.#heldByHeading(lazy.heading)]);
      if (held.size === 0 || !this.#keeps(held)) continue;
      for (const passage of lazy.passages()) this.#consider(passage);
    }
  }

  result(): { candidates: readonly Candidate[]; statistics: Statistics } {
    return {
      candidates: this.#candidates,
      statistics: { passages: this.#passages, frequency: this.#frequency },
    };
  }

  /** The passages under one heading follow each other. */
  #heldByHeading(heading: string): ReadonlySet<string> {
    if (this.#heading?.text !== heading) this.#heading = { text: heading, held: this.#heldBy(heading) };
    return this.#heading.held;
  }

  #consider(passage: Passage): void {
    const held = this.#heldBy(wordsIn(passage));
    for (const term of held) this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1);
    const withHeading = new Set([...held, ...this.#heldByHeading(passage.heading)]);
    if (withHeading.size === 0 || !this.#keeps(withHeading)) return;
    this.#candidates.push({ passage, held: withHeading });
    if (this.#candidates.length > CANDIDATES_MAX) this.#prune();
  }

  #prune(): void {
    this.#candidates = this.#candidates
      .toSorted((one, other) => other.held.size - one.held.size)
      .slice(0, CANDIDATES_MAX / 2);
  }
}
