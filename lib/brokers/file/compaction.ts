import { isConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { MemoryAnswerShelf } from '../answer-shelf.js';
import { carry, type Needs } from './carry.js';
import type { RecordAndTexts } from './ledger-record.js';
import type { QueueLog } from './queue-log.js';
import type { RowExtent } from './row-extent.js';
import type { RowLog } from './row-log.js';

/** What compaction looks at. */
export interface CompactionOptions {
  readonly rows: RowLog;
  readonly logs: Map<string, QueueLog>;
  /** Whether somebody has the queue open. */
  readonly isOpen: (queue: string) => boolean;
  readonly shelf: Pick<MemoryAnswerShelf, 'firstPlace' | 'lastPlace'>;
  readonly wallMs: () => number;
  readonly limits: Limits;
}

/** Rows added before it is worth looking for what can go, or half of the bytes to spare. */
const ROWS_BETWEEN = 64;
/** What one step drops at most. */
const ROWS_A_STEP_MAX = 512;
const BYTES_A_STEP_MAX = 2 ** 23;

/**
 * Keeps the ledger near the size of what it holds, in bounded steps. Rows go from the oldest on: what nobody needs
 * goes as it is; and where one old message would keep thousands of rows alive, because the ledger has become twice
 * what it was after the last cycle, what is still needed of the oldest rows is written again at the end.
 *
 *     [ · · · ][ · 7 · ][ · · 9 ][ … ]  ──▶  [ … ][ 7 9 ]        a dot is settled
 *
 * An ack or a refusal is always younger than the message that it tells of: once it is in the oldest row, that
 * message is gone, or was written again as it then stood. So neither is ever carried.
 */
export class Compaction {
  readonly #options: CompactionOptions;
  readonly #needs: Needs;
  #rowsSince = 0;
  #bytesSince = 0;
  /** The cycle under way carries everything up to here. */
  #cycleEnd = 0;
  #isCycling = false;
  #floorBytes: number;
  #floorHeld: number;

  constructor(options: CompactionOptions, neededShare: number) {
    this.#options = options;
    this.#needs = needsOf(options);
    this.#floorBytes = options.rows.bytes * neededShare;
    this.#floorHeld = this.#held();
  }

  /** Takes note of what a commit has added; whether a step is due. */
  note(rows: number, bytes: number): boolean {
    this.#rowsSince += rows;
    this.#bytesSince += bytes;
    return this.#rowsSince >= ROWS_BETWEEN || this.#bytesSince >= this.#options.limits.ledgerSpareBytes / 2;
  }

  /** Whether nothing is left but what few rows can hold. */
  get isDrained(): boolean {
    return this.#held() === 0;
  }

  /** One step; whether another may find more at once. */
  step(): boolean {
    this.#followCycle();
    const carryBytesMax = Math.max(1, 2 * this.#bytesSince);
    this.#rowsSince = 0;
    this.#bytesSince = 0;
    const dropped: RowExtent[] = [];
    const kept: RecordAndTexts[] = [];
    let bytes = 0;
    let carriedBytes = 0;
    for (const extent of this.#options.rows.extents) {
      if (dropped.length >= ROWS_A_STEP_MAX || bytes >= BYTES_A_STEP_MAX) break;
      if (!this.#isDead(extent)) {
        if (extent.position > this.#cycleEnd || carriedBytes >= carryBytesMax) break;
        carriedBytes += extent.bytes;
        kept.push(...carry(this.#options.rows.read(extent.position), this.#needs));
      }
      bytes += extent.bytes;
      dropped.push(extent);
    }
    this.#drop(dropped, kept);
    return dropped.length >= ROWS_A_STEP_MAX || bytes >= BYTES_A_STEP_MAX;
  }

  #drop(dropped: readonly RowExtent[], kept: RecordAndTexts[]): void {
    const dropTo = dropped.at(-1)?.position;
    if (dropTo === undefined) return;
    const { rows, logs } = this.#options;
    const told: QueueLog[] = [];
    const forgotten: string[] = [];
    for (const queue of new Set(dropped.flatMap(({ queues }) => [...queues]))) {
      const log = logs.get(queue);
      if (log === undefined || log.standingPosition > dropTo) continue;
      if (this.#isForgettable(log, dropTo)) forgotten.push(queue);
      else {
        kept.push({ record: log.standing(), texts: [] });
        told.push(log);
      }
    }
    try {
      rows.append(kept, dropTo);
    } catch (error) {
      // Every row is as it was, for a later step to drop; what is wrong with the disk the next commit says.
      if (isConclaveError(error)) return;
      throw error;
    }
    for (const queue of forgotten) logs.delete(queue);
    for (const log of told) {
      log.standingPosition = rows.lastPosition;
      log.lastPosition = rows.lastPosition;
    }
  }

  #isForgettable(log: QueueLog, dropTo: number): boolean {
    return log.isBlank && log.lastPosition <= dropTo && !this.#options.isOpen(log.queue);
  }

  #isDead({ spans, idsAtMs, letters, answersLast }: RowExtent): boolean {
    const { logs, wallMs, limits } = this.#options;
    if (spans.some(({ queue, first, last }) => logs.get(queue)?.live.hasAny(first, last) === true))
      return false;
    if (idsAtMs !== undefined && wallMs() - idsAtMs < limits.dedupeWindowMs) return false;
    const isKept = letters.some(({ queue, last }) => {
      const log = logs.get(queue);
      return log !== undefined && this.#needs.isLetterKept(log, last);
    });
    return !isKept && (answersLast === 0 || !this.#needs.isAnswerKept(answersLast));
  }

  #followCycle(): void {
    const { rows } = this.#options;
    if (this.#isCycling && rows.firstPosition <= this.#cycleEnd) return;
    if (this.#isCycling) {
      this.#isCycling = false;
      this.#floorBytes = rows.bytes;
      this.#floorHeld = this.#held();
    }
    const left = Math.min(1, (this.#held() + 1) / (this.#floorHeld + 1));
    if (rows.bytes <= this.#options.limits.ledgerSpareBytes + 2 * this.#floorBytes * left) return;
    this.#isCycling = true;
    this.#cycleEnd = rows.lastPosition;
  }

  #held(): number {
    let held = 0;
    for (const { live } of this.#options.logs.values()) held += live.length;
    return held;
  }
}

function needsOf({ logs, shelf, wallMs, limits }: CompactionOptions): Needs {
  return {
    logOf: (queue) => logs.get(queue),
    isIdRemembered: (log, seq, id, atMs) =>
      seq > log.base && wallMs() - atMs < limits.dedupeWindowMs && log.identities.ids.isKnown(id),
    isLetterKept: (log, number) => number > Math.max(log.lettersBase, log.letters - limits.deadLettersMax),
    // The last place is kept for good: places never go back.
    isAnswerKept: (place) => place >= Math.min(shelf.firstPlace, shelf.lastPlace),
  };
}
