import { readdir } from 'node:fs/promises';
import { ConclaveError, type RunRequest } from 'conclave';
import type { ResearchQuery } from './findings.js';

/**
 * The query every agent gets.
 * @throws `InvalidOption` for an empty question, and for a folder that is missing or cannot be read.
 */
export async function prepareQuery({ query, docs }: RunRequest): Promise<ResearchQuery> {
  const question = query.trim();
  if (question === '') throw refused('--query is empty; give a question in words.');
  if (docs === undefined) throw refused('--docs is missing; give a folder of Markdown or text files.');
  await openFolder(docs);
  return { question, docs };
}

async function openFolder(docs: string): Promise<void> {
  try {
    await readdir(docs);
  } catch (error) {
    throw refused(`--docs "${docs}" ${reasonOf(error)}; give a folder of Markdown or text files.`, error);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'ENOTDIR') return 'is a file';
  return code === 'EACCES' || code === 'EPERM' ? 'may not be read' : `cannot be read (${String(code)})`;
}

function refused(message: string, cause?: unknown): ConclaveError {
  return new ConclaveError('InvalidOption', message, cause === undefined ? undefined : { cause });
}
