import type { AnswerPage, CloseReport, Delivery } from '../brokers/contract.js';
import type { BrokerOutput } from '../brokers/model.js';

/** What a broker answered in its own time, by call, until it is looked at. */
export class LateAnswers {
  readonly received = new Map<number, readonly Delivery[]>();
  readonly pages = new Map<number, AnswerPage>();
  report: CloseReport | undefined;
  readonly #failures: unknown[] = [];
  #opening = 0;

  receive(call: number, answer: Promise<readonly Delivery[]>): void {
    this.#watch(answer, (deliveries) => this.received.set(call, deliveries));
  }

  read(call: number, answer: Promise<AnswerPage>): void {
    this.#watch(answer, (page) => this.pages.set(call, page));
  }

  close(answer: Promise<CloseReport>): void {
    this.#watch(answer, (report) => {
      this.report = report;
    });
  }

  /** Nothing that was asked of a broker before its death is expected any more. */
  abandon(): void {
    this.#opening += 1;
    this.received.clear();
    this.pages.clear();
    this.report = undefined;
  }

  /** Whether that answer is there; what is not late always is. @throws what a call was rejected with. */
  has(output: BrokerOutput): boolean {
    if (this.#failures.length > 0) throw this.#failures[0];
    switch (output.type) {
      case 'received':
        return this.received.has(output.call);
      case 'read':
        return this.pages.has(output.call);
      case 'closed':
        return this.report !== undefined;
      default:
        return true;
    }
  }

  #watch<T>(answer: Promise<T>, keep: (value: T) => void): void {
    const opening = this.#opening;
    const unlessAbandoned = (note: () => void) => {
      if (opening === this.#opening) note();
    };
    answer.then(
      (value) => unlessAbandoned(() => keep(value)),
      (error: unknown) => unlessAbandoned(() => this.#failures.push(error)),
    );
  }
}
