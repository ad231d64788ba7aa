import type { SharedResult } from '../../core/frame.js';
import { list, record, text, whole } from '../../core/parse.js';
import { decode, type Encoded, encode } from '../../core/value.js';

/** A part of a query's shared state, as it goes to a pool that has joined. */
export interface StatePart {
  /** The session of the coordinator that sends it. */
  readonly coordinator: string;
  /** The query it is of. */
  readonly query: string;
  /** Queries that this coordinator had begun by then: of a smaller number nothing counts any more. */
  readonly turn: number;
  /** How many results come before these. */
  readonly from: number;
  readonly results: readonly SharedResult[];
}

/** Bytes of one part: several of them fit a broker's smallest bound that anybody would set. */
const PART_BYTES_MAX = 256 * 1_024;

/** Some results as parts, each small enough to travel, in order; without results one empty part, which says the query. */
export function encodeParts({ coordinator, query, turn, from, results }: StatePart): Encoded[] {
  const parts: Encoded[] = [];
  const head = JSON.stringify({ coordinator, query, turn }).slice(0, -1);
  let texts: string[] = [];
  let at = from;
  let bytes = 0;
  const flush = () => {
    // Spliced as text: each result is encoded already, and binary values in it keep their marks.
    parts.push(`${head},"from":${at},"results":[${texts.join(',')}]}` as Encoded);
    at += texts.length;
    texts = [];
    bytes = 0;
  };
  for (const { value, ...rest } of results) {
    const encoded: string = encode(value === undefined ? rest : { ...rest, value }, 'state');
    if (texts.length > 0 && bytes + encoded.length > PART_BYTES_MAX) flush();
    texts.push(encoded);
    bytes += encoded.length;
  }
  flush();
  return parts;
}

/** A part again. @throws `InvalidOption` for anything else. */
export function decodePart(payload: Encoded): StatePart {
  const part = record(decode(payload), 'a part of the shared state');
  return {
    coordinator: text(part.coordinator, 'its coordinator'),
    query: text(part.query, 'its query'),
    turn: whole(part.turn, 'its turn', 1),
    from: whole(part.from, 'its place', 0),
    // Of this release, so that beyond its head it is what `encodeParts` made.
    results: list(part.results, 'its results') as readonly SharedResult[],
  };
}
