import { type Command, Option } from 'commander';
import { BROKER_WORDS, schemeOf } from '../brokers/broker-word.js';
import type { Coalition } from '../coalition/coalition.js';
import type { CoalitionOptions } from '../coalition/options.js';
import { systemIds } from '../core/ids.js';
import type { Isolation } from '../executors/contract.js';
import { SCHEDULE_DEFAULT, SCHEDULES, type ScheduleName } from '../scheduling/policies.js';
import { wholeNumber } from './options.js';
import { UsageError } from './usage.js';

const WORKERS_MAX = 1_024;

/** The words that every command which runs a coalition takes; each has its default in the coalition. */
export interface CoalitionWords {
  readonly workers?: number;
  readonly isolation?: Isolation;
  readonly broker?: string;
  readonly name?: string;
  readonly schedule?: ScheduleName;
  readonly store?: string;
}

/** The words for a pool of workers: a coalition's own, or one that joins. */
export type PoolWords = Omit<CoalitionWords, 'store'>;

interface PoolDefaults {
  readonly workers: string;
  readonly isolation?: string;
  /** Whether the broker and the name must be said. */
  readonly isRequired?: true;
}

/** Adds them to a command, whose help tells the defaults of what a command may decide for itself. */
export function addCoalitionOptions(command: Command, defaults: PoolDefaults): Command {
  return addPoolOptions(command, defaults).option(
    '--store <store>',
    "where claims are kept: 'memory' (default) or file:claims.db",
  );
}

/** Adds those for a pool of workers. */
export function addPoolOptions(command: Command, defaults: PoolDefaults): Command {
  const { workers, isolation = 'process' } = defaults;
  return addTenant(command, defaults.isRequired === true)
    .option(
      '--workers <n>',
      `how many workers (default ${workers})`,
      wholeNumber({ min: 1, max: WORKERS_MAX }),
    )
    .addOption(
      new Option('--isolation <where>', `where workers run (default ${isolation})`).choices([
        'inline',
        'thread',
        'process',
        'ray',
      ]),
    )
    .addOption(
      new Option('--schedule <policy>', `which worker gets a task (default ${SCHEDULE_DEFAULT})`).choices(
        SCHEDULES,
      ),
    );
}

function addTenant(command: Command, isRequired: boolean): Command {
  if (isRequired)
    return command
      .requiredOption(
        '--broker <broker>',
        "the broker that all share: 'redis://…' or 'rediss://…'",
        brokerWord,
      )
      .requiredOption('--name <name>', 'the coalition to work for, as its coordinator calls it');
  return command
    .option('--broker <broker>', `what carries messages (default memory): ${BROKER_WORDS}`, brokerWord)
    .option(
      '--name <name>',
      'a tenant that stays on the broker: what a run leaves there, the next one of that name finishes ' +
        '(default: a tenant of its own, of which nothing stays)',
    );
}

/**
 * Starts the coalition of a command as the words say, over these defaults. A run of a command is a tenant of its own,
 * called after `name`, unless it was given another: it neither waits for another's lease nor shares its epoch, and
 * nothing of it stays on the broker.
 */
export async function startFor<Module = unknown>(
  words: CoalitionWords,
  name: string,
  agents: CoalitionOptions['agents'],
  defaults: CoalitionWords = {},
): Promise<Coalition<Module>> {
  const { startCoalition } = await import('../coalition/start-coalition.js');
  return startCoalition<Module>({ ...defaults, ...poolWords(words), agents }, systemIds.next(name));
}

/** Of what a command was told, the words that are for its coalition or pool. */
export function poolWords({
  workers,
  isolation,
  broker,
  name,
  schedule,
  store,
}: CoalitionWords): CoalitionWords {
  const said = Object.entries({ workers, isolation, broker, name, schedule, store });
  return Object.fromEntries(said.filter(([, value]) => value !== undefined));
}

/* What is refused here is not shown: a URL may hold a password. */
function brokerWord(word: string): string {
  if (schemeOf(word) !== undefined) return word;
  throw new UsageError(`--broker is none that there is. Accepted: ${BROKER_WORDS}.`);
}
