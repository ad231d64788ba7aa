import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ray's sockets lie some 70 characters below it, and the path of a socket has 107 at most (103 on macOS). */
const FOLDER_LENGTH_MAX = 30;
const SHORT_FOLDER = '/tmp';

/** The environment variables by which others on this machine join a Ray that was started in the folder. */
export function localEnvironment(folder: string): Readonly<Record<string, string>> {
  return {
    RAY_TMPDIR: folder,
    RAY_AUTH_MODE: 'token',
    RAY_AUTH_TOKEN_PATH: join(folder, 'token'),
    RAY_USAGE_STATS_ENABLED: '0',
  };
}

/** A folder that only this user can look into, for a Ray of our own. */
export function makeLocalFolder(): Promise<string> {
  const isLong = tmpdir().length > FOLDER_LENGTH_MAX && existsSync(SHORT_FOLDER);
  return mkdtemp(join(isLong ? SHORT_FOLDER : tmpdir(), 'conclave-ray-'));
}

/** Processes that are just ending may still write into it. */
export async function removeLocalFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
