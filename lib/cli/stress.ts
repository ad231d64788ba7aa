import { addCoalitionOptions, type CoalitionWords, startFor } from './coalition-options.js';
import { measureEmptyReceive } from './empty-receive.js';
import type { RegisterCommand } from './frame.js';
import { type Io, printResult } from './io.js';
import { wholeNumber } from './options.js';
import type * as Agents from './stress-agents.js';
import { StressRun, type Tally } from './stress-run.js';
import { openStressRuns, type StressRuns } from './stress-runs.js';
import { UsageError } from './usage.js';
import { killWorker } from './worker-kill.js';

const MESSAGES = 10_000;
const MESSAGES_MAX = 10_000_000;
const WORKERS = 2;
/** Enough messages at once to keep many workers busy, and few however many there are. */
const UNDER_WAY = { concurrency: 8_192, ordered: false, onError: 'yield' } as const;
const TEXT = `
Each message is a task with a number of its own; its answer must bring the number back. Counted by number, where the
answers arrive:
  messages    sent: all of them, or those before Ctrl-C, which lets these come back
  delivered   messages that were answered
  lost        messages sent and not answered
  duplicated  answers beyond the first to a message, as the caller of map sees them
  rerun       (--count-runs) runs of the handler beyond the first of a message, counted by the workers themselves in a
              file: what a worker held when it died runs again, at least once and not exactly once
  throughput  delivered messages a second
  emptyReceiveTimeoutS  how long a receive waits at an empty queue of that broker, measured
--crash-after kills one worker in the middle: a process by SIGKILL, a thread by ending it, one on Ray with its actor.

Examples:
  $ conclave stress --messages 10000 --workers 2 --json
  $ conclave stress --messages 10000 --workers 2 --crash-after 5000 --count-runs
  $ conclave stress --messages 200000 --isolation thread --broker file:work.db`;

interface StressOptions extends CoalitionWords {
  readonly messages: number;
  readonly crashAfter?: number;
  readonly countRuns?: true;
  readonly json?: true;
}

/** What a stress came to. */
interface Stress {
  readonly messages: number;
  readonly delivered: number;
  readonly lost: number;
  readonly duplicated: number;
  /** Only if runs were counted. */
  readonly rerun?: number;
  readonly durationS: number;
  /** Delivered messages a second. */
  readonly throughput: number;
  readonly emptyReceiveTimeoutS: number;
}

/** `stress`: workers share a queue of messages, one of them is killed, and everything is counted. */
export const registerStress: RegisterCommand = (program, io) => {
  addCoalitionOptions(program.command('stress'), { workers: `${WORKERS}` })
    .description(
      'workers share a queue, one is killed in the middle; what is lost and what comes twice is counted',
    )
    .option('--messages <n>', 'how many messages', wholeNumber({ min: 1, max: MESSAGES_MAX }), MESSAGES)
    .option(
      '--crash-after <n>',
      'kill one worker after so many answers',
      wholeNumber({ min: 1, max: MESSAGES_MAX }),
    )
    .option('--count-runs', 'count the runs of the handler as well, which takes longer')
    .option('--json', 'print JSON')
    .addHelpText('after', TEXT)
    .action((options: StressOptions) => stress(options, io));
};

async function stress(options: StressOptions, io: Io): Promise<void> {
  refuseImpossible(options);
  const runs = options.countRuns === true ? openStressRuns() : undefined;
  const close = () => runs?.close();
  process.once('exit', close); // also when a second Ctrl-C leaves at once
  try {
    const { tally, ...found } = await runStress(options, runs, io);
    judge(tally, options, io);
    printResult(io, options.json, found, () => inWords(found, tally));
  } finally {
    process.off('exit', close);
    close();
  }
}

/** @throws `UsageError`. */
function refuseImpossible({ messages, crashAfter, isolation, countRuns }: StressOptions): void {
  if (crashAfter !== undefined && isolation === 'inline')
    throw new UsageError(
      '--crash-after with --isolation inline: a worker that runs in the command itself cannot be killed without it. Accepted: thread, process, ray.',
    );
  if (crashAfter !== undefined && crashAfter >= messages)
    throw new UsageError(
      `--crash-after ${crashAfter} of ${messages} messages: nothing would be left to deliver. Accepted: 1 to ${messages - 1}.`,
    );
  if (countRuns === true && isolation === 'ray')
    throw new UsageError(
      '--count-runs with --isolation ray: workers on other machines have no file in common. Accepted: inline, thread, process.',
    );
}

async function runStress(
  options: StressOptions,
  runs: StressRuns | undefined,
  io: Io,
): Promise<Stress & { readonly tally: Tally }> {
  const agents = new URL('./stress-agents.js', import.meta.url);
  if (runs !== undefined) agents.searchParams.set('runs', runs.path);
  const coalition = await startFor<typeof Agents>(options, 'stress', agents, { workers: WORKERS });
  try {
    const { messages, crashAfter } = options;
    const run = new StressRun({
      messages,
      crashAfter,
      answers: (inputs) => coalition.map('echo', inputs, UNDER_WAY),
      kill: () => killWorker(coalition),
      io,
    });
    const tally = await run.run();
    const { sent, delivered, duplicated, durationS } = tally;
    const emptyReceiveTimeoutS = await measureEmptyReceive(
      coalition.inside.broker,
      `${coalition.name}.empty`,
    );
    return {
      tally,
      messages: sent,
      delivered,
      lost: sent - delivered,
      duplicated,
      ...(runs !== undefined && { rerun: runs.rerun() }),
      durationS,
      throughput: delivered / durationS,
      emptyReceiveTimeoutS,
    };
  } finally {
    await coalition.shutdown();
  }
}

function judge({ sent, delivered, duplicated, death }: Tally, { crashAfter }: StressOptions, io: Io): void {
  if (delivered < sent) io.fail(`${sent - delivered} messages were lost`);
  if (duplicated > 0) io.fail(`${duplicated} answers came twice`);
  const wasReached = crashAfter !== undefined && delivered >= crashAfter;
  if (wasReached && death === undefined) io.fail('the worker that was killed was not seen to die');
}

function inWords(found: Stress, { death }: Tally): string {
  const { messages, delivered, lost, duplicated, rerun, durationS, throughput } = found;
  const again = rerun === undefined ? '' : `, ${rerun} run again`;
  const killed = death === undefined ? '' : `; killed ${death}`;
  return (
    `${delivered} of ${messages} messages delivered, ${lost} lost, ${duplicated} twice${again}, ` +
    `in ${durationS.toFixed(3)} s: ${throughput.toFixed(0)} messages/s; ` +
    `an empty receive waits ${found.emptyReceiveTimeoutS.toFixed(3)} s${killed}`
  );
}
