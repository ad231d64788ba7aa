import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode, type Encoded, encode } from '../../../lib/core/value.js';
import { withFolder } from '../../scenarios/coalitions.js';
import { holdsWithin } from '../../scenarios/processes.js';
import { needService } from '../../services/needs.js';
import { ray } from '../../services/services.js';
import { batchOf, executors, RunningWorker } from './running-worker.js';

const broken = (name: string) => new URL(`../../scenarios/broken/${name}`, import.meta.url).href;

for (const executor of executors) {
  const { isolation } = executor;

  describe(`a worker started by the ${isolation} executor`, function () {
    this.timeout(60_000);

    before(async function () {
      if (isolation === 'ray') needService(this, ray);
      await executor.open?.();
    });

    after(() => executor.close?.());

    it('says that it is ready and what it takes, before anything else', async () => {
      const worker = await RunningWorker.start(executor, { credit: 5 });
      await worker.ready();
      expect(worker.heard).to.deep.equal([{ type: 'ready', credit: 5 }]);
      if (isolation === 'thread') expect(worker.link.pid).to.equal(undefined);
      if (isolation === 'process' || isolation === 'ray')
        expect(worker.link.pid).to.be.a('number').and.not.equal(process.pid);
      worker.link.send({ type: 'drain' });
      await worker.link.exited;
    });

    it('settles a batch and grants its credit again', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'square', [{ n: 3 }, { n: 4 }]));
      const { at, values, failures, claims, credit } = await worker.settled(1);
      expect({ at, failures, claims, credit }).to.deep.equal({
        at: [0, 1],
        failures: [],
        claims: [],
        credit: 8,
      });
      expect(values.map((value) => decode(value as Encoded))).to.deep.equal([9, 16]);
      worker.link.send({ type: 'drain' });
      await worker.link.exited;
    });

    it('fails a task of an agent that nobody defines', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'nobody', [null]));
      const { failures } = await worker.settled(1);
      expect(failures.map(({ error }) => error.code)).to.deep.equal(['UnknownAgent']);
      worker.link.send({ type: 'stop' });
      await worker.link.exited;
    });

    it('gives back what has not begun, and settles the rest', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'stubborn', [{ ms: 200 }, { ms: 1 }, { ms: 1 }]));
      worker.link.send({ type: 'recall', batch: 1, at: [0, 2] });
      const returned = await worker.hears(({ type }) => type === 'returned');
      expect(returned).to.deep.equal({ type: 'returned', batch: 1, at: [2], credit: 6 });
      worker.link.send({ type: 'drain' });
      await worker.link.exited;
      expect(worker.heard.flatMap((frame) => (frame.type === 'settled' ? frame.at : []))).to.deep.equal([
        0, 1,
      ]);
    });

    it('keeps the outcome of an effect before it answers, and does not repeat one that is kept', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'effects');
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        worker.link.send(batchOf(1, 'effect', [{ file }]));
        const frame = await worker.hears(({ type }) => type === 'record');
        const outcome = frame.type === 'record' ? frame.outcome : encode(undefined);
        expect(decode(outcome)).to.deep.equal({ attempt: 1, bytes: new Uint8Array([1, 2]) });
        expect(worker.heard.some(({ type }) => type === 'settled')).to.equal(false);
        worker.link.send({ type: 'recorded', batch: 1, at: 0, key: 'effect' });
        await worker.settled(1);
        const extras = [{ at: 0, timeoutMs: null, recorded: [['effect', outcome] as const] }];
        worker.link.send({ ...batchOf(2, 'effect', [{ file }]), extras });
        expect((await worker.settled(2)).values).to.deep.equal([outcome]);
        expect(said(file)).to.equal('1\n');
        worker.link.send({ type: 'drain' });
        await worker.link.exited;
      }));

    it('checks what it is given with the schema of its agent', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'dated', [{ at: '2020-02-28T00:00:00Z' }]));
      worker.link.send(batchOf(2, 'dated', [{ at: 'yesterday' }]));
      const { values } = await worker.settled(1);
      const { failures } = await worker.settled(2);
      expect(values.map((value) => decode(value))).to.deep.equal(['2020-02-29T00:00:00.000Z']);
      expect(failures.map(({ error }) => [error.code, error.name])).to.deep.equal([
        ['InvalidPayload', 'InvalidPayload'],
      ]);
      expect(failures[0]?.error.message).to.include('payload.at: ');
      worker.link.send({ type: 'drain' });
      await worker.link.exited;
    });

    it('aborts a try whose time is up, and fails it', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'said');
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        const extras = [{ at: 0, timeoutMs: 60, recorded: [] }];
        worker.link.send({ ...batchOf(1, 'polite', [{ file }]), extras });
        const { failures } = await worker.settled(1);
        expect(failures.map(({ error }) => error.code)).to.deep.equal(['Timeout']);
        expect(said(file)).to.equal('begun\nTimeout\n');
        expect(worker.heard.map(({ type }) => type)).to.deep.equal(['ready', 'began', 'settled']);
        worker.link.send({ type: 'drain' });
        await worker.link.exited;
      }));

    it('finishes what it holds before it leaves when it drains', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'stubborn', [{ ms: 80 }, { ms: 1 }]));
      worker.link.send({ type: 'drain' });
      const exit = await worker.link.exited;
      expect(exit.crashed).to.equal(false);
      const settled = worker.heard.flatMap((frame) => (frame.type === 'settled' ? frame.at : []));
      expect(settled).to.deep.equal([0, 1]);
    });

    it('aborts what it holds and leaves without a word of it when it is stopped', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'said');
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        worker.link.send(batchOf(1, 'polite', [{ file }]));
        expect(await holdsWithin(5_000, () => said(file).startsWith('begun'))).to.equal(true);
        worker.link.send({ type: 'stop' });
        const exit = await worker.link.exited;
        expect(exit.crashed).to.equal(false);
        expect(said(file)).to.equal('begun\nCancelled\n');
        expect(worker.heard.map(({ type }) => type)).to.deep.equal(['ready']);
      }));

    it('is gone at once when it is killed, whatever it does', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'stubborn', [{ ms: 300 }]));
      worker.link.kill();
      const exit = await worker.link.exited;
      expect(exit.crashed).to.equal(true);
      /* What is sent to the dead goes nowhere, and harms nobody. */
      worker.link.send(batchOf(2, 'square', [{ n: 3 }]));
      worker.link.kill();
      expect(worker.heard.map(({ type }) => type)).to.deep.equal(['ready']);
    });

    if (isolation === 'inline') return;

    it('has told that the time of a task began before its handler keeps the thread, also behind much else', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'spun');
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        worker.link.send(batchOf(1, 'grow', [{ length: 1_000_000 }, { length: 1_000_000 }]));
        keepThread(200); // what it answers is more than the channel holds, and nobody reads
        const extras = [{ at: 0, timeoutMs: 1_000, recorded: [] }];
        worker.link.send({ ...batchOf(2, 'spin', [{ file }]), extras });
        keepThread(200);
        const frame = await worker.hears(({ type }) => type === 'began');
        expect(frame).to.deep.equal({ type: 'began', batch: 2, at: 0 });
        expect(await holdsWithin(5_000, () => said(file) === 'spinning\n')).to.equal(true);
        expect(worker.heard.some((heard) => heard.type === 'settled' && heard.batch === 1)).to.equal(true);
        worker.link.kill();
        await worker.link.exited;
      }));

    it('is killed while it spins', () =>
      withFolder(async (folder) => {
        const file = join(folder, 'spun');
        const worker = await RunningWorker.start(executor);
        await worker.ready();
        worker.link.send(batchOf(1, 'spin', [{ file }]));
        expect(await holdsWithin(5_000, () => said(file) === 'spinning\n')).to.equal(true);
        worker.link.kill();
        const exit = await worker.link.exited;
        expect(exit.crashed).to.equal(true);
      }));

    it('crashes when its code ends it, also while it drains', async () => {
      const worker = await RunningWorker.start(executor);
      await worker.ready();
      worker.link.send(batchOf(1, 'poison', [{ fatal: true }]));
      worker.link.send({ type: 'drain' });
      const exit = await worker.link.exited;
      expect(exit.crashed).to.equal(true);
      expect(exit.reason).to.equal(isolation === 'thread' ? 'exit code 7' : 'signal SIGKILL');
    });

    it('says why it could not load its agents', async () => {
      const worker = await RunningWorker.start(executor, { agents: broken('throws.js') });
      const frame = await worker.hears(({ type }) => type === 'failed');
      expect(frame.type === 'failed' && frame.error.code).to.equal('AgentsNotLoaded');
      const exit = await worker.link.exited;
      expect(exit.crashed).to.equal(true);
    });
  });
}

describe('threads', () => {
  it('may be many without a warning about listeners', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => warnings.push(warning.name);
    process.on('warning', note);
    try {
      const thread = executors.find(({ isolation }) => isolation === 'thread');
      if (thread === undefined) throw new Error('there is no thread executor');
      const workers = await Promise.all(Array.from({ length: 12 }, () => RunningWorker.start(thread)));
      for (const { link } of workers) link.kill();
      await Promise.all(workers.map(({ link }) => link.exited));
    } finally {
      process.off('warning', note);
    }
    expect(warnings).to.deep.equal([]);
  }).timeout(60_000);
});

function keepThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function said(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // nothing has been said yet
  }
}
