import { isConclaveError } from '../core/errors.js';
import type { Claim, ClaimStore } from '../storage/contract.js';
import { openClaimStore } from '../storage/open.js';
import type { RegisterCommand } from './frame.js';
import { type Io, oneLine } from './io.js';
import { someText, wholeNumber } from './options.js';
import { UsageError } from './usage.js';

const PAGE_CLAIMS = 1_000;
const FOUND_MAX = 10_000;
const EXAMPLE = `
Examples:
  $ conclave claims --store file:claims.db
  $ conclave claims --store file:claims.db --search "lost task" --json`;

interface ClaimsOptions {
  readonly store: string;
  readonly search?: string;
  readonly limit?: number;
  readonly json?: true;
}

/** `claims --store file:…`: reads the common knowledge base, also while a coalition writes to it. */
export const registerClaims: RegisterCommand = (program, io) => {
  program
    .command('claims')
    .description('read the common knowledge base')
    .requiredOption('--store <store>', 'the claim store, as file:claims.db', storeFile)
    .option('--search <text>', 'only claims that hold any of these words, best first', someText)
    .option('--limit <n>', 'at most so many', wholeNumber({ min: 1, max: FOUND_MAX }))
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action(async (options: ClaimsOptions) => {
      const store = await openToRead(options.store);
      try {
        const pages = options.search === undefined ? readPages(store, options) : foundPages(store, options);
        await (options.json === true ? printJson(io, pages) : printWords(io, pages));
      } finally {
        await store.close();
      }
    });
};

/* A store of memory belongs to its process: it would be empty here. */
function storeFile(store: string): string {
  if (store.startsWith('file:') && store.length > 'file:'.length) return store;
  throw new UsageError(`--store '${store}' is no file. Accepted: file: and a path, as file:claims.db.`);
}

/** A file that cannot be opened is a wrong request; one that fails later is a failure. */
async function openToRead(store: string): Promise<ClaimStore> {
  try {
    return await openClaimStore(store, { mode: 'read' });
  } catch (error) {
    if (!isConclaveError(error, 'StoreUnavailable')) throw error;
    throw new UsageError(`--store '${store}' cannot be read: ${error.message}`);
  }
}

type Pages = AsyncIterable<readonly Claim[]>;

/* Page by page: a knowledge base may be larger than memory. */
async function* readPages(store: ClaimStore, { limit = Number.POSITIVE_INFINITY }: ClaimsOptions): Pages {
  let after = 0;
  while (after < limit) {
    const page = await store.read({ after, limit: Math.min(PAGE_CLAIMS, limit - after) });
    if (page.length === 0) return;
    yield page;
    after += page.length;
  }
}

async function* foundPages(store: ClaimStore, { search = '', limit }: ClaimsOptions): Pages {
  yield await store.search(search, limit === undefined ? {} : { limit });
}

async function printJson(io: Io, pages: Pages): Promise<void> {
  let separator = '{"claims":[';
  for await (const page of pages) {
    if (io.signal.aborted) return;
    for (const claim of page) {
      io.stdout(`${separator}${JSON.stringify(claim)}`);
      separator = ',';
    }
  }
  io.stdout(separator === ',' ? ']}\n' : '{"claims":[]}\n');
}

async function printWords(io: Io, pages: Pages): Promise<void> {
  for await (const page of pages) {
    if (io.signal.aborted) return;
    for (const claim of page) io.stdout(describeClaim(claim));
  }
}

function describeClaim(claim: Claim): string {
  const verdict = claim.verdict === undefined ? '' : ` [${oneLine(claim.verdict)}]`;
  const sources = claim.sources.map(
    ({ file, line, quote }) => `    ${oneLine(file)}:${line} "${oneLine(quote)}"\n`,
  );
  return `${oneLine(claim.text)}${verdict} (${oneLine(claim.agent)}, loop ${claim.loop})\n${sources.join('')}`;
}
