import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker, Delivery } from '../../../../lib/brokers/contract.js';
import { type ErrorCode, isConclaveError } from '../../../../lib/core/errors.js';

export const QUEUE = 'tasks';
/** A close that waits for nothing. */
export const NOW = { drain: false, deadlineMs: 0 };

/** A folder of its own for the body, gone afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-ledger-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The message of the operating error that a promise rejects with; fails unless its code is `code`. */
export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<string> {
  try {
    await promise;
  } catch (thrown) {
    if (isConclaveError(thrown, code)) return thrown.message;
    throw thrown;
  }
  throw new Error(`Expected ${code}, but it went through.`);
}

/** Takes at most so many messages, without waiting. */
export function take(broker: Broker, max = 1_000_000): Promise<readonly Delivery[]> {
  return broker.receive(QUEUE, { consumer: 'c', max, waitMs: 0, leaseMs: 60_000 });
}

/** The ids of all messages that can be given out now. */
export async function idsIn(broker: Broker): Promise<string[]> {
  return (await take(broker)).map(({ envelope }) => envelope.id);
}
