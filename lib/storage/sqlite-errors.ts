import { ConclaveError, isConclaveError } from '../core/errors.js';

/** SQLite's primary result codes that a caller can meet. Source: sqlite.org/rescode.html. */
const BUSY = 5;
const LOCKED = 6;
const READ_ONLY = 8;
const IO_ERROR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;
const DATABASE_MOVED = 1032;

const REASONS: ReadonlyMap<number, string> = new Map([
  [BUSY, 'another process holds it; if that one is stopped inside a write, continue or end it'],
  [LOCKED, 'another connection holds it'],
  [READ_ONLY, 'it was opened for reading, or its permissions forbid writing'],
  [IO_ERROR, 'the disk refused a read or a write; check the disk and its space'],
  [CORRUPT, 'the file is damaged; restore a copy or name another file'],
  [FULL, 'the disk is full; make room'],
  [CANNOT_OPEN, 'it or its journal cannot be opened; check the permissions of file and folder'],
  [NOT_A_DATABASE, 'the file is not a claim store; name another file'],
  [DATABASE_MOVED, 'the file was moved or deleted while it was open; open the store again'],
]);

/** Whether another connection was in the way, so that the same step can be tried again. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && (code & 0xff) === BUSY;
}

/** An error of the driver as an operating error; anything else, a fault of ours among it, as it came. */
export function storeError(thrown: unknown, name: string): unknown {
  const code = resultCode(thrown);
  if (isConclaveError(thrown) || code === undefined || !(thrown instanceof Error)) return thrown;
  const reason = REASONS.get(code) ?? REASONS.get(code & 0xff) ?? thrown.message.replaceAll('\n', ' ');
  return storeUnavailable(name, reason, thrown);
}

/** A claim store that cannot be used, and why, in one line. */
export function storeUnavailable(name: string, reason: string, cause?: unknown): ConclaveError {
  const options = cause === undefined ? undefined : { cause };
  return new ConclaveError('StoreUnavailable', `The claim store ${name} is unavailable: ${reason}.`, options);
}

/** SQLite's (extended) result code; the driver gives it as a property, but for opening only in the message. */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('rawCode' in thrown && typeof thrown.rawCode === 'number') return thrown.rawCode;
  const opening = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(thrown.message);
  return opening === null ? undefined : Number(opening[1]);
}
