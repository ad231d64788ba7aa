import assert from 'node:assert';
import type { ClaimDraft } from '../core/claim-draft.js';
import { ColumnWriter, decodeColumns, listOf } from '../core/columns.js';
import type { ChunkFrame, Span } from '../core/frame.js';
import { producedId } from '../core/message.js';
import { type Encoded, encodeWithin } from '../core/value.js';
import {
  countEnded,
  type Ended,
  HeldTasks,
  type PlacedClaims,
  type PlacedFailure,
  type Settled,
} from './held-tasks.js';

/** An answer that came after one of a later task. */
interface LateAnswer {
  readonly at: number;
  readonly value: Encoded;
  readonly claims: readonly ClaimDraft[] | undefined;
}

/**
 * A chunk on its way through a worker: tasks of one agent, whose ids are a range and whose payloads come in columns.
 * Nothing is kept of a task but what it answered in a column, unless it fails, claims or is overtaken.
 */
export class HeldChunk extends HeldTasks {
  readonly #frame: ChunkFrame;
  readonly #payloads: readonly unknown[];
  readonly #resultBytesMax: number;
  readonly #values: ColumnWriter;
  #spans: MutableSpan[] = [];
  #claims: PlacedClaims[] = [];
  #failures: PlacedFailure[] = [];
  /** What is in columns is in the order of positions: these go in a frame of their own. */
  #late: LateAnswer[] = [];
  /** The position after the last in columns. */
  #end = 0;

  constructor(frame: ChunkFrame, resultBytesMax: number) {
    super(frame.batch, frame.count, frame.skip, frame.extras);
    this.#frame = frame;
    this.#payloads = decodeColumns(frame.payloads);
    assert(this.#payloads.length === frame.count, 'a chunk has a payload for each of its tasks');
    this.#resultBytesMax = resultBytesMax;
    this.#values = new ColumnWriter('result', resultBytesMax);
  }

  agentOf(): string {
    return this.#frame.agent;
  }

  idOf(at: number): string {
    return producedId(this.#frame.producer, this.#frame.firstSeq + at);
  }

  attemptOf(): number {
    return 1;
  }

  payloadOf(at: number): unknown {
    return this.#payloads[at];
  }

  takeSettled(ended: Map<string, Ended>): readonly Settled[] {
    const [inOrder, late, failures] = [this.#takeInOrder(), this.#takeLate(), this.#failures];
    this.#failures = [];
    countEnded(ended, this.#frame.agent, failures.length, failures.length);
    const settled: Settled[] = [];
    if (inOrder.spans.length + failures.length > 0) settled.push(this.#settled(inOrder, failures));
    if (late.spans.length > 0) settled.push(this.#settled(late, []));
    for (const { spans } of [inOrder, late]) countEnded(ended, this.#frame.agent, lengthOf(spans), 0);
    return settled;
  }

  protected keepAnswer(at: number, value: unknown, claims: readonly ClaimDraft[] | undefined): void {
    if (at < this.#end) {
      this.#late.push({ at, value: encodeWithin(value, 'result', this.#resultBytesMax), claims });
      return;
    }
    this.#values.push(value);
    this.#end = at + 1;
    extend(this.#spans, at);
    if (claims !== undefined) this.#claims.push({ at, claims });
  }

  protected keepFailure(failure: PlacedFailure): void {
    this.#failures.push(failure);
  }

  #takeInOrder(): Answered {
    const answered = { spans: this.#spans, values: this.#values.take(), claims: this.#claims };
    this.#spans = [];
    this.#claims = [];
    this.#end = 0;
    return answered;
  }

  #takeLate(): Answered {
    const late = this.#late.sort((one, other) => one.at - other.at);
    this.#late = [];
    const spans: MutableSpan[] = [];
    const claimed: PlacedClaims[] = [];
    for (const { at, claims } of late) {
      extend(spans, at);
      if (claims !== undefined) claimed.push({ at, claims });
    }
    return { spans, values: listOf(late.map(({ value }) => value)), claims: claimed };
  }

  #settled({ spans, values, claims }: Answered, failures: readonly PlacedFailure[]): Settled {
    return { type: 'chunkSettled', batch: this.number, spans, values, failures, claims };
  }
}

type MutableSpan = [from: number, count: number];

interface Answered {
  readonly spans: readonly Span[];
  readonly values: Encoded;
  readonly claims: readonly PlacedClaims[];
}

/** Adds a position that comes after all in the spans. */
function extend(spans: MutableSpan[], at: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last[0] + last[1] === at) last[1] += 1;
  else spans.push([at, 1]);
}

function lengthOf(spans: readonly Span[]): number {
  return spans.reduce((sum, [, count]) => sum + count, 0);
}
