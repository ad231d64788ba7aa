import { electLeader, parseCandidates } from '../election/lowest.js';
import type { RegisterCommand } from './frame.js';
import { printResult } from './io.js';

const EXAMPLE = `
Example:
  $ conclave elect c b a --json
  {"leader":"a","comparisons":2}`;

/** `elect ID…`: the lowest identifier leads. */
export const registerElect: RegisterCommand = (program, io) => {
  program
    .command('elect')
    .description('elect the lowest identifier: numbers by value if all are numbers, else words by code unit')
    .argument('<id...>', 'the candidates, each once')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLE)
    .action((ids: readonly string[], options: { readonly json?: true }) => {
      const { leader, comparisons } = electLeader<string | number | bigint>(parseCandidates(ids));
      /* JSON has no number for what is beyond 2^53: its digits travel as text. */
      const plain = typeof leader === 'bigint' ? String(leader) : leader;
      printResult(io, options.json, { leader: plain, comparisons }, () => {
        return `${leader} leads, after ${comparisons} comparison${comparisons === 1 ? '' : 's'}`;
      });
    });
};
