import { readdir } from 'node:fs/promises';
import { ConclaveError, type RunRequest } from 'conclave';
import type { ResearchQuery } from './findings.js';
import { loadClient } from './model-client.js';
import { modelSettings } from './model-settings.js';

/**
 * The query every agent gets.
 * @throws `InvalidOption` for an empty question, for a folder that is missing or cannot be read, and for a model of
 * which nothing says where it is; `DriverMissing` for a model without the package that asks it.
 */
export async function prepareQuery({ query, docs, model }: RunRequest): Promise<ResearchQuery> {
  const question = query.trim();
  if (question === '') throw refused('--query is empty; give a question in words.');
  if (docs === undefined) throw refused('--docs is missing; give a folder of Markdown or text files.');
  await openFolder(docs);
  if (model === undefined) return { question, docs };
  modelSettings(process.env);
  await loadClient();
  return { question, docs, model };
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
