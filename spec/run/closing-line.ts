/** How many specs of a run passed, failed and were skipped. */
export interface SpecCounts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

/** One plain line that a machine can read: `12 passed, 0 failed, 1 skipped`. */
export function closingLine({ passes, failures, pending }: SpecCounts): string {
  const skipped = pending === 0 ? '' : `, ${pending} skipped`;
  return `${passes} passed, ${failures} failed${skipped}\n`;
}

/** Counts of several runs together. */
export function sumOf(counts: readonly SpecCounts[]): SpecCounts {
  const sum = { passes: 0, failures: 0, pending: 0 };
  for (const { passes, failures, pending } of counts) {
    sum.passes += passes;
    sum.failures += failures;
    sum.pending += pending;
  }
  return sum;
}
