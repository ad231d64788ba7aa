import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { joinCoalition } from '../coalition/hosts/join-coalition.js';
import type { JoinedPool, LeaveReport } from '../coalition/hosts/joined-pool.js';
import { onAbort } from '../core/abort.js';
import { messageOf } from '../core/errors.js';
import { addPoolOptions, type PoolWords, poolWords } from './coalition-options.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { wholeNumber } from './options.js';
import { UsageError } from './usage.js';

const CONCURRENCY_MAX = 10_000;
const GRACE_MS = 10_000;
const GRACE_MS_MAX = 2 ** 31 - 1;
const TEXT = `
The pool has its own dispatcher, policy and credits, and takes only tasks of agents that its module has. It runs until
Ctrl-C or SIGTERM, which lets it finish what it has begun; a second one leaves at once. Pools may come before their
coordinator, and go when they like: what a pool held when it died runs elsewhere once its lease is over.

Example:
  $ conclave worker --broker redis://localhost:6379 --name shop --agents ./agents.js --workers 4`;

interface WorkerOptions extends PoolWords {
  readonly broker: string;
  readonly name: string;
  readonly agents: string;
  readonly concurrency?: number;
  readonly graceMs: number;
  readonly json?: true;
}

/** `worker`: joins a running coalition as a worker pool, until it is told to leave. */
export const registerWorker: RegisterCommand = (program, io) => {
  addPoolOptions(program.command('worker'), {
    workers: 'as many as the machine runs at once',
    isRequired: true,
  })
    .description('join the coalition of another process as a worker pool, over a broker that both reach')
    .requiredOption('--agents <file>', 'the compiled module that exports the agents', agentsFile)
    .option(
      '--concurrency <n>',
      'tasks a worker runs at once (default 1)',
      wholeNumber({ min: 1, max: CONCURRENCY_MAX }),
    )
    .option(
      '--grace-ms <ms>',
      'how long tasks that were begun may go on when it leaves',
      wholeNumber({ min: 0, max: GRACE_MS_MAX }),
      GRACE_MS,
    )
    .option('--json', 'print JSON when it has left')
    .addHelpText('after', TEXT)
    .action((options: WorkerOptions) => work(options, io));
};

async function work({ agents, concurrency, graceMs, json, ...words }: WorkerOptions, io: Io): Promise<void> {
  const pool = await joinCoalition({
    ...poolWords(words),
    name: words.name,
    broker: words.broker,
    agents,
    ...(concurrency !== undefined && { concurrencyPerWorker: concurrency }),
  });
  pool.on('fault', ({ source, error }) => io.stderr(`conclave: ${source}: ${messageOf(error)}\n`));
  io.stderr(inWords(pool));
  let report: LeaveReport;
  try {
    await Promise.race([pool.failed, aborted(io.signal)]);
  } finally {
    report = await pool.shutdown({ graceMs });
  }
  const { completed, deadLettered, requeued } = report;
  printResult(
    io,
    json,
    { pool: pool.info.pool, ...report },
    () => `${completed} tasks answered, ${deadLettered} failed, ${requeued} given back`,
  );
}

function inWords({ info, name, broker }: JoinedPool): string {
  const { agents, workers, pool } = info;
  return `conclave: pool ${pool} joined ${name} on ${broker}: ${workers} workers for ${agents.join(', ')}\n`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    onAbort(signal, () => done());
    if (signal.aborted) done();
  });
}

function agentsFile(path: string): string {
  if (/\.[mc]?tsx?$/.test(path))
    throw new UsageError(
      `--agents '${path}' is TypeScript, which a worker cannot run. Accepted: the compiled module.`,
    );
  if (!existsSync(path))
    throw new UsageError(`--agents '${path}' is not there. Accepted: the path of a compiled module.`);
  return pathToFileURL(resolve(path)).href;
}
