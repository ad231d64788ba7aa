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

/** What each means for a file of ours; `what` says which kind that is. */
function reasons(what: string): ReadonlyMap<number, string> {
  return new Map([
    [BUSY, 'another process holds it; if that one is stopped inside a write, continue or end it'],
    [LOCKED, 'another connection holds it'],
    [READ_ONLY, 'it was opened for reading, or its permissions forbid writing'],
    [IO_ERROR, 'the disk refused a read or a write; check the disk and its space'],
    [CORRUPT, 'the file is damaged; restore a copy or name another file'],
    [FULL, 'the disk is full; make room'],
    [CANNOT_OPEN, 'it or its journal cannot be opened; check the permissions of file and folder'],
    [NOT_A_DATABASE, `the file is not a ${what}; name another file`],
    [DATABASE_MOVED, `the file was moved or deleted while it was open; open the ${what} again`],
  ]);
}

/** Whether another connection was in the way, so that the same step can be tried again. */
export function isBusy(thrown: unknown): boolean {
  const code = resultCode(thrown);
  return code !== undefined && (code & 0xff) === BUSY;
}

/** What an error of the driver means, in one line; undefined for any other error. */
export function reasonOf(thrown: unknown, what: string): string | undefined {
  const code = resultCode(thrown);
  if (code === undefined || !(thrown instanceof Error)) return undefined;
  const known = reasons(what);
  return known.get(code) ?? known.get(code & 0xff) ?? thrown.message.replaceAll('\n', ' ');
}

/** SQLite's (extended) result code; the driver gives it as a property, but for opening only in the message. */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('rawCode' in thrown && typeof thrown.rawCode === 'number') return thrown.rawCode;
  const opening = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(thrown.message);
  return opening === null ? undefined : Number(opening[1]);
}
