import type { Delivery } from '../../brokers/contract.js';
import type { ChunkSettledFrame, Span } from '../../core/frame.js';
import type { Envelope } from '../../core/message.js';
import { encode } from '../../core/value.js';
import { AnswerColumn } from '../chunks/answer-column.js';
import { LeasedChunk } from '../chunks/leased-chunk.js';
import type { Unpacked, Unpacking, Verdict } from '../chunks/unpacking.js';
import type { OnceLedger } from './once-ledger.js';
import { errorOf, type SettledReport } from './settled-outcomes.js';
import type { Answer, ChunkAnswer, Failure, TaskSink } from './settlement.js';
import type { TaskEndings } from './task-endings.js';
import type { WorkerSlot } from './worker-slot.js';

export interface ChunkDeskOptions {
  readonly endings: TaskEndings;
  readonly ledger: OnceLedger;
  readonly sink: TaskSink;
  /** Where tasks of chunks go on by themselves; undefined where nobody makes chunks. */
  readonly unpacking: Unpacking | undefined;
  /** Which tasks of a chunk nobody waits for. */
  readonly closedPlaces: (envelope: Envelope) => Iterable<number>;
  /** It is with no worker any more. */
  readonly onReleased: (slot: WorkerSlot, delivery: Delivery) => void;
}

/**
 * What becomes of chunks: their answers go to whoever waits in one piece, what fails or must go elsewhere goes on by
 * itself, and once all of that is safe the chunk is acknowledged.
 */
export class ChunkDesk {
  readonly #options: ChunkDeskOptions;
  readonly #held = new WeakMap<Delivery, LeasedChunk>();

  constructor(options: ChunkDeskOptions) {
    this.#options = options;
  }

  /** A chunk that was received, without the tasks that nobody waits for by now. */
  leased(delivery: Delivery): LeasedChunk {
    const chunk = this.#held.get(delivery) ?? new LeasedChunk(delivery);
    this.#held.set(delivery, chunk);
    for (const at of this.#options.closedPlaces(delivery.envelope)) chunk.end(at);
    return chunk;
  }

  /** Nothing of it is left to be run. */
  ended(chunk: LeasedChunk): void {
    this.#endIfSafe(chunk);
  }

  /** Takes what a worker reports of a chunk off that worker. */
  settle(slot: WorkerSlot, frame: ChunkSettledFrame): SettledReport {
    const chunk = slot.chunk(frame.batch);
    if (chunk === undefined) return NOTHING_SETTLED; // that worker has no such chunk
    const asked = chunk.openMembers();
    const { spans } = frame;
    const answers = new AnswerColumn(frame.values, answeredIn(spans));
    const members = this.#answeredMembers(chunk, frame, answers);
    slot.takeSpans(frame);
    for (const member of asked) if (!chunk.has(chunk.placeOf(member))) this.#release(slot, member);
    const failures = this.#failuresOf(slot, chunk, frame);
    const { delivery } = chunk;
    return {
      agents: [delivery.envelope.agent],
      finish: () => void this.#finish(chunk, { delivery, spans, answers, members }, failures),
    };
  }

  /** Tasks that a worker gave back, or that are to run alone, go on by themselves. */
  unpack(chunk: LeasedChunk, members: readonly Delivery[], verdict?: Verdict): void {
    void this.#guarded(chunk, () => this.#publish(members.map((member) => ({ member, verdict }))));
  }

  /** A worker died and held nothing but this chunk: each of its tasks is to run alone. */
  split({ delivery, error }: Failure): void {
    const chunk = this.leased(delivery);
    const members = chunk.places().map((at) => chunk.member(at));
    for (const member of members) chunk.end(chunk.placeOf(member));
    const verdict: Verdict = members.length === 1 ? { fault: 'crash', error } : 'suspect';
    this.unpack(chunk, members, verdict);
  }

  /** What is known of a delivery that was a task of a chunk before. */
  verdictOf(delivery: Delivery): Verdict | undefined {
    return this.#options.unpacking?.take(delivery);
  }

  /** Claims are published under the ids of their tasks: then each answer is looked at by itself. */
  #answeredMembers(
    chunk: LeasedChunk,
    { spans, claims }: ChunkSettledFrame,
    column: AnswerColumn,
  ): Answer[] | undefined {
    if (claims.length === 0) return undefined;
    const claimed = new Map(claims.map((entry) => [entry.at, entry.claims]));
    const closed = new Set(this.#options.closedPlaces(chunk.delivery.envelope));
    const answers: Answer[] = [];
    let next = 0;
    for (const [from, count] of spans) {
      for (let at = from; at < from + count; at += 1, next += 1) {
        const answer = { value: encode(column.value(next), 'result'), claims: claimed.get(at) ?? [] };
        if (chunk.has(at) && !closed.has(at)) answers.push({ delivery: chunk.member(at), ...answer });
      }
    }
    return answers;
  }

  #failuresOf(
    slot: WorkerSlot,
    { delivery: { envelope } }: LeasedChunk,
    { batch, failures }: ChunkSettledFrame,
  ): Failure[] {
    if (failures.length === 0) return [];
    const closed = new Set(this.#options.closedPlaces(envelope));
    return failures.flatMap(({ at, error }) => {
      const delivery = slot.take(batch, at);
      if (delivery === undefined) return [];
      this.#options.onReleased(slot, delivery);
      if (!closed.has(at)) return [{ delivery, error: errorOf(error) }];
      this.#options.ledger.forget(delivery);
      return [];
    });
  }

  /** It has answered. */
  #release(slot: WorkerSlot, member: Delivery): void {
    this.#options.onReleased(slot, member);
    this.#options.ledger.forget(member);
  }

  async #finish(chunk: LeasedChunk, answer: ChunkAnswer, failures: readonly Failure[]): Promise<void> {
    const refused = this.#refused(answer);
    const kept = answer.members?.filter(({ delivery }) => !refused.some((one) => one.delivery === delivery));
    await this.#guarded(chunk, async () => {
      await this.#options.endings.answerChunk({ ...answer, members: kept });
      await this.#publish([...failures, ...refused].map((failure) => this.#failed(failure)));
    });
  }

  /** Answers that cannot be kept are failures of their tasks. */
  #refused({ members }: ChunkAnswer): Failure[] {
    return (members ?? []).flatMap((answer) => {
      const error = this.#options.sink.refusalOf(answer);
      return error === undefined ? [] : [{ delivery: answer.delivery, error }];
    });
  }

  async #publish(unpacked: readonly Unpacked[]): Promise<void> {
    const { unpacking, ledger, sink } = this.#options;
    const moved = new Map<Delivery, Delivery>();
    await unpacking?.publish(unpacked, (member, envelope) => {
      ledger.move(moved.get(member) ?? member, envelope);
      moved.set(member, { ...member, envelope });
    });
    for (const { member, retry } of unpacked)
      if (retry !== undefined) sink.retried(moved.get(member) ?? member, retry.error, retry.delayMs);
  }

  /** The broker makes dead letters of what it has given out: what has failed for good comes back once more for that. */
  #failed(failure: Failure): Unpacked {
    const { delivery: member, error } = failure;
    const delayMs = this.#options.endings.retryDelayMs(failure);
    if (delayMs === undefined) return { member, verdict: { fault: 'failure', error } };
    return { member, retry: { error, delayMs } };
  }

  /** What fails on the way is told there; the chunk then comes back when its lease is over. */
  async #guarded(chunk: LeasedChunk, makeSafe: () => Promise<void>): Promise<void> {
    chunk.unsafe += 1;
    try {
      await makeSafe();
    } catch (error) {
      chunk.isLost = true;
      this.#options.endings.tellError(error);
    }
    chunk.unsafe -= 1;
    this.#endIfSafe(chunk);
  }

  #endIfSafe(chunk: LeasedChunk): void {
    if (chunk.open > 0 || chunk.unsafe > 0 || chunk.isOver) return;
    chunk.isOver = true;
    const { endings } = this.#options;
    if (chunk.isLost) endings.letGo(1);
    else void endings.drop([chunk.delivery]);
  }
}

function answeredIn(spans: readonly Span[]): number {
  let tasks = 0;
  for (const [, count] of spans) tasks += count;
  return tasks;
}

const NOTHING_SETTLED: SettledReport = { agents: [], finish: () => undefined };
