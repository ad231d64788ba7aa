import type { Clock } from '../../core/clock.js';
import { isConclaveError } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import type { MakeQueue } from '../memory.js';
import { Compaction } from './compaction.js';
import type { Committed } from './group-commit.js';
import { KeptQueues } from './kept-queues.js';
import type { LedgerFile } from './ledger-file.js';
import { RowLog } from './row-log.js';

interface Loaded {
  readonly queues: KeptQueues;
  readonly rows: RowLog;
  readonly compaction: Compaction;
}

/** Bytes of rows below which a drained ledger's file may be rewritten: what is left is copied. */
const LEFT_BYTES_MAX = 2 ** 22;
/** Steps of compaction when a ledger is closed. */
const LAST_STEPS_MAX = 16;

/**
 * Queues in memory and their ledger, the one always following the other. When a commit fails, memory is ahead of
 * the ledger: it is thrown away, and read again when it is next needed.
 */
export class LedgerKeeper implements Committed {
  readonly #file: LedgerFile;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #makeQueue: MakeQueue;
  readonly #opening: number;
  #loads = 0;
  #loaded: Loaded | undefined;
  #mustProbe = false;
  #isCompacting = false;
  #isClosed = false;

  constructor(file: LedgerFile, name: string, clock: Clock, limits: Limits, makeQueue: MakeQueue) {
    this.#file = file;
    this.#name = name;
    this.#clock = clock;
    this.#limits = limits;
    this.#makeQueue = makeQueue;
    this.#opening = file.countOpening();
    this.#load();
  }

  /** @throws `BrokerUnavailable` where they are not in memory and cannot be read. */
  get queues(): KeptQueues {
    return this.#load().queues;
  }

  prepare(): void {
    // On a disk that is still full each try would cost a reading of the whole ledger.
    if (this.#mustProbe) this.#file.probe();
    this.#mustProbe = false;
    this.#load();
  }

  commit(): void {
    const { queues, rows, compaction } = this.#load();
    const records = queues.takeRecords();
    if (records.length === 0) return;
    const bytes = rows.append(records);
    for (const { record } of records) {
      const log = 'queue' in record ? queues.logs.get(record.queue) : undefined;
      if (log !== undefined) log.lastPosition = rows.lastPosition;
    }
    if (compaction.note(1, bytes)) this.#compactSoon();
  }

  discard(): void {
    this.#loaded?.queues.end();
    this.#loaded = undefined;
    this.#mustProbe = true;
  }

  serve(): void {
    this.#loaded?.queues.serve();
  }

  close(): void {
    this.#isClosed = true;
    for (let steps = 0; steps < LAST_STEPS_MAX; steps += 1) if (!this.#compact()) break;
    this.#file.close();
  }

  #compactSoon(): void {
    if (this.#isCompacting) return;
    this.#isCompacting = true;
    this.#clock.defer(() => {
      this.#isCompacting = false;
      if (!this.#isClosed && this.#compact()) this.#compactSoon();
    });
  }

  /** A step of compaction; whether there may be more to do at once. */
  #compact(): boolean {
    const { rows, compaction } = this.#loaded ?? {};
    if (rows === undefined || compaction === undefined) return false;
    try {
      if (compaction.step()) return true;
      if (compaction.isDrained && rows.bytes < LEFT_BYTES_MAX) this.#file.shrink();
    } catch (error) {
      // Nothing is lost by it. The next call reads the ledger again and reports what is wrong, if it still is.
      if (!isConclaveError(error)) throw error;
      this.discard();
    }
    return false;
  }

  #load(): Loaded {
    if (this.#loaded !== undefined) return this.#loaded;
    const rows = new RowLog(this.#file, this.#name);
    const options = {
      clock: this.#clock,
      limits: this.#limits,
      tokenMark: `${this.#opening}.${this.#loads}.`,
      makeQueue: this.#makeQueue,
    };
    const queues = new KeptQueues(options, rows.replay());
    this.#loads += 1;
    const compaction = new Compaction(
      {
        rows,
        logs: queues.logs,
        isOpen: (queue) => queues.isOpen(queue),
        shelf: queues.shelf,
        wallMs: () => this.#clock.wallMs(),
        limits: this.#limits,
      },
      queues.neededShare,
    );
    this.#loaded = { queues, rows, compaction };
    return this.#loaded;
  }
}
