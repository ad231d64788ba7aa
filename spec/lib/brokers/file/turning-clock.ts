import { ManualClock } from '../../../../lib/testing/index.js';

/** A manual clock on which `defer` waits for the real end of the turn, so that a call can be awaited by itself. */
export class TurningClock extends ManualClock {
  /** How far people have set the wall clock, against the other. */
  wallStepMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.wallStepMs;
  }

  override defer(callback: () => void): void {
    setImmediate(callback);
  }

  /** Moves time on, and lets what was deferred on the way have its turn. */
  async advanceTurning(byMs: number): Promise<void> {
    await this.advance(byMs);
    await new Promise((resolve) => setImmediate(resolve));
    await this.settle();
  }
}
