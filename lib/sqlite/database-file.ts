import { closeSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConclaveError } from '../core/errors.js';

/**
 * The absolute path of a file to keep a database in, checked as far as it can be without opening it; `what` says
 * what for, as in 'claim store'.
 * @throws `InvalidOption` when the path is empty, a folder, or in a folder that does not exist.
 */
export function databasePath(file: string, what: string): string {
  if (file.trim() === '' || file.includes('\0')) throw invalid(what, file, 'names no file');
  const path = resolve(file);
  const found = statOf(path, what);
  if (found?.isDirectory() === true) throw invalid(what, file, 'is a folder; name a file in it');
  if (found !== undefined) return path;
  const folder = dirname(path);
  if (statOf(folder, what)?.isDirectory() !== true)
    throw invalid(what, file, `lies in ${folder}, which is no folder; create it`);
  return path;
}

/** Whether the file is there. */
export function fileExists(path: string, what: string): boolean {
  return statOf(path, what) !== undefined;
}

/**
 * Creates an empty file, if there is none; what is answered removes it again, unless something was written.
 * `unavailable` makes the error that is thrown when the folder cannot be written.
 */
export function reserveFile(
  path: string,
  what: string,
  unavailable: (reason: string, cause: unknown) => ConclaveError,
): () => void {
  try {
    closeSync(openSync(path, 'wx'));
    return () => {
      if (statOf(path, what)?.size === 0) rmSync(path);
    };
  } catch (thrown) {
    if (hasCode(thrown, 'EEXIST')) return () => undefined;
    throw unavailable(`the file cannot be created; check the permissions of ${dirname(path)}`, thrown);
  }
}

function statOf(path: string, what: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (thrown) {
    // ENOTDIR: a file stands where a folder should; the folder's own check says so. EACCES: opening says so.
    if (hasCode(thrown, 'ENOENT', 'ENOTDIR', 'EACCES')) return undefined;
    throw invalid(what, path, `cannot be used as a path (${hasCodeText(thrown)})`);
  }
}

function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(hasCodeText(thrown));
}

function hasCodeText(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
}

function invalid(what: string, file: string, reason: string): ConclaveError {
  return new ConclaveError('InvalidOption', `The ${what} 'file:${file.replaceAll('\0', '\\0')}' ${reason}.`);
}
