import type { HostFrame, Span, WorkerFrame } from '../core/frame.js';
import { malformedFrame } from '../core/malformed-frame.js';

const OPEN = 1;
const CLOSED = 0;

interface Sent {
  /** By position, whether nothing has been heard of it yet. */
  readonly open: Uint8Array;
  left: number;
}

/** What a worker was sent and has not accounted for: what it says of a task must be of one of these, and once. */
export class SentBatches {
  readonly #batches = new Map<number, Sent>();
  #last = 0;
  #isReady = false;

  /** Batches not yet accounted for. */
  get size(): number {
    return this.#batches.size;
  }

  add(frame: HostFrame): void {
    if (frame.type === 'batch') this.#add(frame.batch, frame.ids.length, []);
    if (frame.type === 'chunk') this.#add(frame.batch, frame.count, frame.skip);
  }

  /** @throws `MalformedFrame` where it speaks of a task that it was not sent or has accounted for, or is ready again. */
  account(frame: WorkerFrame): void {
    switch (frame.type) {
      case 'ready':
        this.#begin();
        return;
      case 'settled':
      case 'returned':
        for (const at of frame.at) this.#close(frame.batch, at);
        break;
      case 'chunkSettled':
        for (const span of frame.spans) this.#closeSpan(frame.batch, span);
        break;
      case 'began':
      case 'record':
      case 'progress':
        this.#look(frame.batch, frame.at);
        return;
      default:
        return;
    }
    if (frame.type !== 'returned') for (const failure of frame.failures) this.#close(frame.batch, failure.at);
    this.#forgetIfDone(frame.batch);
  }

  #begin(): void {
    if (this.#isReady) throw malformedFrame('word that it is ready, once more');
    this.#isReady = true;
  }

  #add(batch: number, count: number, skip: readonly number[]): void {
    const sent: Sent = { open: new Uint8Array(count).fill(OPEN), left: count - skip.length };
    for (const at of skip) sent.open[at] = CLOSED;
    this.#batches.set(batch, sent);
    this.#last = batch;
  }

  #closeSpan(batch: number, [from, count]: Span): void {
    const sent = this.#batches.get(batch);
    const closed = sent?.open.indexOf(CLOSED, from) ?? from;
    const end = closed === -1 ? (sent?.open.length ?? from) : closed;
    if (sent === undefined || end < from + count) throw noSuchTask(batch, end);
    sent.open.fill(CLOSED, from, from + count);
    sent.left -= count;
  }

  #close(batch: number, at: number): void {
    const sent = this.#batches.get(batch);
    if (sent === undefined || sent.open[at] !== OPEN) throw noSuchTask(batch, at);
    sent.open[at] = CLOSED;
    sent.left -= 1;
  }

  #forgetIfDone(batch: number): void {
    if (this.#batches.get(batch)?.left === 0) this.#batches.delete(batch);
  }

  /** A handler may still say something after it has answered; of what was never sent nobody says anything. */
  #look(batch: number, at: number): void {
    const sent = this.#batches.get(batch);
    if (batch > this.#last || (sent !== undefined && at >= sent.open.length)) throw noSuchTask(batch, at);
  }
}

function noSuchTask(batch: number, at: number): Error {
  return malformedFrame(`word of task ${at} of batch ${batch}, which it does not hold`);
}
