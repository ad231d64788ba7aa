import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { closingLine, type SpecCounts } from './closing-line.js';

/** Mocha's own report, closed by the counts: in the file of that name where several runs are summed up, else as a line. */
export default class ClosingLineReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const counts: SpecCounts = { passes, failures, pending };
    const file = process.env.CONCLAVE_SPEC_COUNTS;
    if (file === undefined) process.stdout.write(closingLine(counts));
    else writeFileSync(file, JSON.stringify(counts));
  }
}
