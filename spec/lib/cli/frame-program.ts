import { type RegisterCommand, runCommandLine } from '../../../lib/cli/frame.js';
import { wholeNumber } from '../../../lib/cli/options.js';
import { sleep, systemClock } from '../../../lib/core/clock.js';
import { ConclaveError } from '../../../lib/core/errors.js';

/* Not a spec: a program of commands that misbehave, on the real frame, for frame.spec.ts to run. */

/** Says that it runs, waits for the wish to stop (or 30 s), and drains. */
const wait: RegisterCommand = (program, io) => {
  program.command('wait').action(async () => {
    io.stdout('ready\n');
    await sleep(systemClock, 30_000, io.signal);
    io.stdout('drained\n');
  });
};

const stubborn: RegisterCommand = (program, io) => {
  program.command('stubborn').action(async () => {
    io.stdout('ready\n');
    await sleep(systemClock, 30_000);
    io.stdout('drained\n');
  });
};

/** Writes until nobody reads, and leaves work behind. */
const flood: RegisterCommand = (program, io) => {
  program.command('flood').action(async () => {
    while (!io.signal.aborted) {
      io.stdout(`${'x'.repeat(1_000)}\n`);
      await sleep(systemClock, 0);
    }
    io.fail('1 task abandoned');
  });
};

const abandon: RegisterCommand = (program, io) => {
  program.command('abandon').action(() => {
    io.stdout('{"abandoned":1}\n');
    io.fail('1 task\nabandoned');
  });
};

const raise: RegisterCommand = (program) => {
  program
    .command('raise')
    .argument('<what>')
    .action((what: string) => {
      if (what === 'usage') throw new ConclaveError('InvalidOption', 'Wrong\n  option.');
      if (what === 'operating') throw new ConclaveError('BrokerUnavailable', 'The broker\nis gone.');
      throw new TypeError('a defect');
    });
};

const count: RegisterCommand = (program, io) => {
  program
    .command('count')
    .option('--workers <n>', 'how many', wholeNumber({ min: 1, max: 1024 }))
    .action((options: { readonly workers?: number }) => io.stdout(`${JSON.stringify(options)}\n`));
};

process.exitCode = await runCommandLine(
  {
    name: 'program',
    description: 'Commands that misbehave.',
    version: '1.2.3',
    commands: [wait, stubborn, flood, abandon, raise, count],
  },
  process.argv.slice(2),
  process,
);
