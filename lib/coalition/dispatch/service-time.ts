import { updateServiceMs, updateUsual } from '../../scheduling/prefetch.js';

/** A worker reports a frame a batch: frames that come this close together are one report, or as good as one. */
const ONE_REPORT_MS = 1;

/** How long a worker takes a task, as measured from report to report while it is busy. */
export class ServiceTime {
  #serviceMs: number | undefined;
  #busySinceMs = 0;
  /** The report that is being read: when it began, what was known before it, and what it has told so far. */
  #reportMs = Number.NEGATIVE_INFINITY;
  #serviceMsBefore: number | undefined;
  #reportSinceMs = 0;
  #reported = 0;
  /** Tasks of a report. */
  #usual = 0;

  /** The mean so far; undefined before anything was measured. */
  get ms(): number | undefined {
    return this.#serviceMs;
  }

  /** It falls busy. */
  begin(nowMs: number): void {
    this.#busySinceMs = nowMs;
  }

  /** It has settled `count` tasks, more than none, since it fell busy or reported last. */
  settled(count: number, nowMs: number): void {
    if (nowMs - this.#reportMs >= ONE_REPORT_MS) {
      this.#reportMs = nowMs;
      this.#serviceMsBefore = this.#serviceMs;
      this.#usual = updateUsual(this.#usual, this.#reported);
      this.#reportSinceMs = this.#busySinceMs;
      this.#reported = 0;
    }
    this.#reported += count;
    this.#serviceMs = updateServiceMs(
      this.#serviceMsBefore,
      nowMs - this.#reportSinceMs,
      this.#reported,
      Math.max(1, this.#usual),
    );
    this.#busySinceMs = nowMs;
  }
}
