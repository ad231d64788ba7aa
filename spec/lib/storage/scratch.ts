import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, isConclaveError } from '../../../lib/core/errors.js';
import type { Claim } from '../../../lib/storage/contract.js';

/** A folder of its own for the body, gone afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-claims-'));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A claim with the given fields and plain others. */
export function claim(id: string, fields: Partial<Claim> = {}): Claim {
  return {
    id,
    coalition: 'x',
    loop: 1,
    agent: 'a',
    text: `text ${id}`,
    sources: [],
    verdict: undefined,
    ...fields,
  };
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
