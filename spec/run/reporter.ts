import Mocha from 'mocha';

/** Mocha's own report, closed by one plain line that a machine can read: `12 passed, 0 failed, 1 skipped`. */
export default class ClosingLineReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const skipped = pending === 0 ? '' : `, ${pending} skipped`;
    process.stdout.write(`${passes} passed, ${failures} failed${skipped}\n`);
  }
}
