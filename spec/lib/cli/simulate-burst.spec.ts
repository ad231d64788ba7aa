import { expect } from 'chai';
import type { Io } from '../../../lib/cli/io.js';
import { simulateBurst } from '../../../lib/cli/simulate-burst.js';
import { runConclave } from './spawn-command.js';

/** Runs a burst to its end; what it printed as JSON. */
async function burst(...words: readonly string[]) {
  const { code, stdout, stderr } = await runConclave('simulate', '--profile', 'burst', '--json', ...words);
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/* How long a burst takes depends on the machine: specs ask who ran what, and leave makespans to be looked at. */
describe('conclave simulate --profile burst', () => {
  for (const isolation of ['thread', 'process']) {
    it(`gives one worker all long tasks where turns are strict (${isolation})`, async () => {
      const words = [
        '--schedule',
        'round-robin',
        '--workers',
        '3',
        '--tasks',
        '30',
        '--isolation',
        isolation,
      ];
      const found = await burst(...words);
      expect(found).to.include({ schedule: 'round-robin', tasks: 30 });
      expect(found.perWorker).to.deep.equal([
        { tasks: 10, longTasks: 10 },
        { tasks: 10, longTasks: 0 },
        { tasks: 10, longTasks: 0 },
      ]);
    });
  }

  it('prints the makespan in parts of the ideal one, and what the baseline prints', async () => {
    const found = await burst('--tasks', '8', '--loops', '2', '--isolation', 'inline');
    const { schedule, perWorker, makespanS, idealMakespanS, ratio, ...measured } = found;
    expect({ schedule, perWorker }).to.deep.equal({ schedule: 'work-stealing', perWorker: null });
    expect(idealMakespanS).to.equal((4 * 80 + 4 * 8) / 2 / 1_000);
    expect(ratio).to.be.closeTo(makespanS / idealMakespanS, 1e-9);
    expect(makespanS).to.be.above(0.12); // two long tasks one after the other, at the least: they really wait
    expect(measured).to.have.all.keys('tasks', 'durationS', 'throughput', 'cpuPercent', 'memoryMb');
    expect(measured.tasks).to.equal(16);
    expect(measured.durationS).to.be.closeTo(2 * makespanS, 1e-9);
  });

  it('runs every task once, whoever runs it', async () => {
    const { perWorker, tasks } = await burst('--schedule', 'work-stealing', '--tasks', '20');
    expect(perWorker).to.have.length(2);
    const [one, other] = perWorker;
    expect({ tasks, ran: one.tasks + other.tasks }).to.deep.equal({ tasks: 20, ran: 20 });
    expect(one.longTasks + other.longTasks).to.equal(10);
  });

  it('says it in words', async () => {
    const words = ['--profile', 'burst', '--schedule', 'round-robin', '--tasks', '4'];
    const { code, stdout, stderr } = await runConclave('simulate', ...words);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(stdout).to.match(
      /^round-robin: 4 tasks, makespan \d\.\d{3} s, \d\.\d\d of the ideal 0\.088 s; long tasks a worker: 2, 0\n$/,
    );
  });

  it('ends a burst that is cut off with the reason: half of one has no makespan', async () => {
    const stop = new AbortController();
    const io: Io = {
      stdout: () => expect.fail('it printed a result'),
      stderr: () => stop.abort('enough'), // the bar is drawn when the first results are there
      isTerminal: true,
      columns: () => 80,
      signal: stop.signal,
      fail: (line) => expect.fail(line),
    };
    let reason: unknown;
    await simulateBurst({ workers: 2, tasks: 10_000, isolation: 'inline' }, io).catch((error) => {
      reason = error;
    });
    expect(reason).to.equal('enough');
  });

  const wrong: readonly (readonly [accepted: RegExp, ...words: string[]])[] = [
    [/squares, burst/, '--profile', 'bogus'],
    [/Accepted: 1 to 1000000\./, '--profile', 'burst', '--tasks', '1000001'],
    [/from 1 to 10000000/, '--profile', 'burst', '--tasks', '0'],
    [/round-robin, work-stealing, priority/, '--profile', 'burst', '--schedule', 'fifo'],
  ];
  for (const [accepted, ...words] of wrong) {
    it(`refuses ${words.join(' ')} and says what is accepted`, async () => {
      const { code, stdout, stderr } = await runConclave('simulate', ...words);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr)
        .to.match(/^conclave: [^\n]+\n$/)
        .and.match(accepted);
    });
  }

  it('tells in its help why tasks wait', async () => {
    const { stdout } = await runConclave('simulate', '--help');
    expect(stdout).to.include('Tasks wait on a timer and use no core');
  });
});
