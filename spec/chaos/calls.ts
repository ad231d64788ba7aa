import { setTimeout as pause } from 'node:timers/promises';
import type { Delivery, PublishOutcome, RefusalOutcome } from '../../lib/brokers/contract.js';
import { isConclaveError, messageOf } from '../../lib/core/errors.js';
import type { Envelope } from '../../lib/core/message.js';
import type { Journal } from './journal.js';

const RETRY_EVERY_MS = 50;
/** After that a broker that does not answer is a failure of the round. */
const UNANSWERED_MS_MAX = 30_000;

/** The answer, or undefined where what became of the call is unknown; any other error is a bug, and ends the party. */
export async function answerOf<Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isUnknown(error)) return undefined;
    throw error;
  }
}

function isUnknown(error: unknown): boolean {
  return isConclaveError(error, 'BrokerUnavailable') || isConclaveError(error, 'Timeout');
}

/** Until it is answered, over faults of the broker. */
export async function untilAnswered<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  const endMs = performance.now() + UNANSWERED_MS_MAX;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isUnknown(error) || performance.now() > endMs) throw error;
      await pause(RETRY_EVERY_MS);
    }
  }
}

/** A publish in the journal: what is tried before, what came of it after. */
export async function journalPublish(
  journal: Journal,
  envelopes: readonly Envelope[],
  publish: () => Promise<readonly PublishOutcome[]>,
): Promise<readonly PublishOutcome[]> {
  return record(journal, journal.publishing(envelopes), publish);
}

/** A settlement in the journal, likewise. */
export async function journalSettling(
  journal: Journal,
  type: 'ack' | 'nack',
  deliveries: readonly Delivery[],
  settle: () => Promise<readonly RefusalOutcome[]>,
): Promise<readonly RefusalOutcome[]> {
  return record(journal, journal.settling(type, deliveries), settle);
}

async function record<Outcome extends PublishOutcome | RefusalOutcome>(
  journal: Journal,
  call: number,
  ask: () => Promise<readonly Outcome[]>,
): Promise<readonly Outcome[]> {
  try {
    const outcomes = await ask();
    journal.answered(call, outcomes);
    return outcomes;
  } catch (error) {
    journal.unanswered(call, messageOf(error));
    throw error;
  }
}
