import { type Command, Option } from 'commander';
import type { CoalitionOptions } from '../coalition/options.js';
import type { Isolation } from '../executors/contract.js';
import { SCHEDULE_DEFAULT, SCHEDULES, type ScheduleName } from '../scheduling/policies.js';
import { wholeNumber } from './options.js';

const WORKERS_MAX = 1_024;

/** The words that every command which runs a coalition takes; each has its default in the coalition. */
export interface CoalitionWords {
  readonly workers?: number;
  readonly isolation?: Isolation;
  readonly broker?: 'memory';
  readonly schedule?: ScheduleName;
  readonly store?: string;
}

/** Adds them to a command, whose help tells the defaults of what a command may decide for itself. */
export function addCoalitionOptions(
  command: Command,
  defaults: { readonly workers: string; readonly isolation?: string },
): Command {
  const { workers, isolation = 'process' } = defaults;
  return command
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
    .addOption(new Option('--broker <broker>', 'what carries messages (default memory)').choices(['memory']))
    .addOption(
      new Option('--schedule <policy>', `which worker gets a task (default ${SCHEDULE_DEFAULT})`).choices(
        SCHEDULES,
      ),
    )
    .option('--store <store>', "where claims are kept: 'memory' (default) or file:claims.db");
}

/** What was said of them, over these defaults. */
export function coalitionOptions(
  words: CoalitionWords,
  defaults: CoalitionWords = {},
): Omit<CoalitionOptions, 'agents'> {
  const { workers, isolation, broker, schedule, store } = words;
  const said = Object.entries({ workers, isolation, broker, schedule, store });
  return { ...defaults, ...Object.fromEntries(said.filter(([, value]) => value !== undefined)) };
}
