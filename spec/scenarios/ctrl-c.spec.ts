import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { conclave, type Outcome, type RunningCommand, startModule } from '../lib/cli/spawn-command.js';
import { carryingMark, holdsWithin, isWorker, killHard } from './processes.js';

const answers = fileURLToPath(new URL('../lib/cli/coalitions/answers.js', import.meta.url));
const NOTE = 'Draining. Once more leaves at once.\n';
const GONE_WITHIN_MS = 10_000;

interface Interrupted extends RunningCommand {
  /** As a terminal does: to the command and to everything that it started. */
  signal(name: NodeJS.Signals): void;
  /** The outcome, once it has come and no process is left. */
  outcome(): Promise<Outcome>;
  readonly marked: () => number[];
}

/** Runs a command in a process group of its own for the body; whatever is left is killed. */
async function interrupt(words: readonly string[], body: (command: Interrupted) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-ctrl-c-'));
  const marked = () => carryingMark(`CONCLAVE_SPEC_MARK=${folder}`);
  const command = startModule(conclave, words, { env: { CONCLAVE_SPEC_MARK: folder }, ownGroup: true });
  const { pid } = command.child;
  if (pid === undefined) throw new Error('the command did not start');
  try {
    await body({
      ...command,
      marked,
      signal: (name) => process.kill(-pid, name),
      async outcome() {
        const outcome = await command.ended;
        expect(await holdsWithin(GONE_WITHIN_MS, () => marked().length === 0)).to.equal(true);
        return outcome;
      },
    });
  } finally {
    for (const left of marked()) killHard(left);
    rmSync(folder, { recursive: true });
  }
}

/**
 * Both workers are processes of their own: until a fork has become its program it still is in the command's group,
 * and a signal to that group meets it.
 */
const isRunning = ({ marked }: Interrupted) =>
  holdsWithin(10_000, () => marked().filter(isWorker).length === 2);

describe('a signal to a command', function () {
  this.timeout(60_000);

  const simulate = ['simulate', '--tasks', '100000', '--loops', '1000'];
  const coordinate = ['coordinate', '--loops', '10000', '--jitter'];
  const run = ['run', answers, '--query', 'slow', '--loops', '1000', '--workers', '2'];

  it('drains simulate on Ctrl-C and says what was done', () =>
    interrupt(simulate, async (command) => {
      expect(await isRunning(command)).to.equal(true);
      command.signal('SIGINT');
      const { code, stdout, stderr } = await command.outcome();
      expect({ code, stderr }).to.deep.equal({ code: 130, stderr: NOTE });
      expect(stdout).to.match(/^\d+ tasks in /);
    }));

  it('drains stress on Ctrl-C: what was sent comes back', () =>
    interrupt(['stress', '--messages', '10000000', '--json'], async (command) => {
      expect(await isRunning(command)).to.equal(true);
      command.signal('SIGINT');
      const { code, stdout, stderr } = await command.outcome();
      expect({ code, stderr }).to.deep.equal({ code: 130, stderr: NOTE });
      const { messages, delivered, lost } = JSON.parse(stdout);
      expect({ delivered, lost }).to.deep.equal({ delivered: messages, lost: 0 });
    }));

  it('drains coordinate on Ctrl-C', () =>
    interrupt(coordinate, async (command) => {
      expect(await isRunning(command)).to.equal(true);
      command.signal('SIGINT');
      expect(await command.outcome()).to.deep.equal({ code: 130, stdout: '', stderr: NOTE });
    }));

  for (const [name, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`drains run on ${name}`, () =>
      interrupt(run, async (command) => {
        await command.said('stderr', 'slow');
        command.signal(name);
        const { code, stdout, stderr } = await command.outcome();
        expect({ code, stdout }).to.deep.equal({ code: exitCode, stdout: '' });
        expect(stderr.replaceAll('slow\n', '')).to.equal(NOTE);
      }));
  }

  it('leaves at once on the second Ctrl-C, also while a worker spins', () =>
    interrupt(['run', answers, '--query', 'spin', '--workers', '2'], async (command) => {
      await command.said('stderr', 'spinning');
      command.signal('SIGINT');
      await command.said('stderr', NOTE);
      const secondMs = performance.now();
      command.signal('SIGINT');
      const { code, stdout } = await command.outcome();
      expect({ code, stdout }).to.deep.equal({ code: 130, stdout: '' });
      expect(performance.now() - secondMs).to.be.lessThan(GONE_WITHIN_MS);
    }));

  it('is no error when it comes while workers start', () =>
    interrupt(simulate, async (command) => {
      expect(await holdsWithin(10_000, () => command.marked().length > 1)).to.equal(true);
      command.signal('SIGINT');
      const { code, stderr } = await command.outcome();
      // A worker that is met between its fork and its own process group dies of the signal, and is said to have.
      const said = stderr.replaceAll(/conclave: system: 'worker-\d' crashed: .* signal SIGINT\.\n/g, '');
      expect({ code, said }).to.deep.equal({ code: 130, said: NOTE });
    }));

  for (const words of [['simulate', '--tasks', '10'], run.slice(0, 4)]) {
    it(`is not needed when nobody reads ${words[0]} any more`, () =>
      interrupt(words, async (command) => {
        command.child.stdout.destroy();
        const { code, stderr } = await command.outcome();
        expect({ code, stderr: stderr.replaceAll('slow\n', '') }).to.deep.equal({ code: 0, stderr: '' });
      }));
  }
});
