import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { expect } from 'chai';
import { systemClock } from '../../../lib/core/clock.js';
import { leftNothing, parsePlace, type RayPlace } from '../../../lib/executors/ray-place.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { lives } from '../../scenarios/processes.js';

const here = () =>
  `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;

function startedAt(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? '';
}

async function withProcess(body: (pid: number, process: ChildProcess) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  await once(child, 'spawn');
  try {
    await body(child.pid ?? 0, child);
  } finally {
    child.kill('SIGKILL');
  }
}

const placeOf = (machine: string | undefined, pid: number, started: string): RayPlace => ({
  pid,
  tripMs: 0,
  machine,
  processes: [{ pid, startedAt: started }],
});

describe('what is left of a worker on Ray', () => {
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });

  it('is killed where it can be reached, and waited for', () =>
    withProcess(async (pid) => {
      await leftNothing(placeOf(here(), pid, startedAt(pid)), 60_000, systemClock);
      expect(lives(pid)).to.equal(false);
    }));

  it('is not taken for another process of the same pid', () =>
    withProcess(async (pid) => {
      await leftNothing(placeOf(here(), pid, '1'), 60_000, systemClock);
      expect(lives(pid)).to.equal(true);
    }));

  for (const machine of ['another pid:[1]', undefined]) {
    it(`is left to its own silence where it cannot be reached (${machine})`, () =>
      withProcess(async (pid) => {
        const clock = new ManualClock();
        let isOver = false;
        const waiting = leftNothing(placeOf(machine, pid, startedAt(pid)), 1_000, clock).then(() => {
          isOver = true;
        });
        await clock.advance(1_999);
        expect(isOver).to.equal(false);
        await clock.advance(1);
        await waiting;
        expect(lives(pid)).to.equal(true);
      }));
  }

  it('is known by what the actor says, and by nothing else', () => {
    const said = { pid: 7, tripMs: 2.5, machine: null, processes: [{ pid: 7, startedAt: '9' }] };
    expect(parsePlace(said)).to.deep.equal({ ...said, machine: undefined });
    for (const wrong of [{}, { ...said, pid: '7' }, { ...said, processes: [{}] }, { ...said, processes: 7 }])
      expect(() => parsePlace(wrong))
        .to.throw()
        .with.property('code', 'InvalidOption');
  });
});
