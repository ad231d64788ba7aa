import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Coalition } from '../../lib/coalition/coalition.js';
import { createCoalition } from '../../lib/coalition/create-coalition.js';
import type { CoalitionOptions } from '../../lib/coalition/options.js';
import { type ErrorCode, isConclaveError } from '../../lib/core/errors.js';
import type * as Agents from './agents.js';

export const isolations = ['inline', 'thread', 'process'] as const;

const agents = new URL('./agents.js', import.meta.url);

/** A coalition of the scenarios' agents for the body, ended afterwards whatever happens. */
export async function withCoalition<T>(
  options: Omit<CoalitionOptions, 'agents'>,
  body: (coalition: Coalition<typeof Agents>) => Promise<T>,
): Promise<T> {
  const coalition = await createCoalition<typeof Agents>({ workers: 2, ...options, agents });
  coalition.on('fault', () => {}); // workers die on purpose here; nobody needs to read of each
  try {
    return await body(coalition);
  } finally {
    await coalition.shutdown({ graceMs: 0 });
  }
}

/** Everything that a loop over it would see. */
export async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

/** A folder of its own for the body, gone afterwards. */
export async function withFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-scenario-'));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The operating error of that code with which a promise rejects; anything else fails. */
export async function refusal(promise: Promise<unknown>, code: ErrorCode): Promise<Error> {
  try {
    await promise;
  } catch (thrown) {
    if (isConclaveError(thrown, code)) return thrown;
    throw thrown;
  }
  throw new Error(`Expected ${code}, but it went through.`);
}
