import type { Limits } from '../core/limits.js';
import { type Envelope, hasProducedId } from '../core/message.js';
import { IdWindow } from './id-window.js';
import { ProducerMarks } from './producer-marks.js';

export type IdentityLimits = Pick<Limits, 'dedupeWindowMs' | 'dedupeIdsMax' | 'producersMax' | 'refusalsMax'>;

/** The messages a queue has accepted, as far as it takes to know a resend: by producer and seq, or by the caller's own id. */
export class Identities {
  readonly marks: ProducerMarks;
  readonly ids: IdWindow;

  constructor(limits: IdentityLimits) {
    this.marks = new ProducerMarks(limits.producersMax, limits.refusalsMax);
    this.ids = new IdWindow(limits.dedupeWindowMs, limits.dedupeIdsMax);
  }

  has(envelope: Envelope, nowMs: number): boolean {
    return hasProducedId(envelope)
      ? this.marks.has(envelope.producer, envelope.seq)
      : this.ids.has(envelope.id, nowMs);
  }

  accept(envelope: Envelope, nowMs: number): void {
    if (hasProducedId(envelope)) this.marks.accept(envelope.producer, envelope.seq);
    else this.ids.add(envelope.id, nowMs);
  }

  /** Notes a refusal, so that the same message may come again even after later ones of its producer. */
  refuse(envelope: Envelope): void {
    if (hasProducedId(envelope)) this.marks.refuse(envelope.producer, envelope.seq);
  }
}
