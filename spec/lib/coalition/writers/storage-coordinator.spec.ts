import { expect } from 'chai';
import fc from 'fast-check';
import { Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import { StorageCoordinator } from '../../../../lib/coalition/writers/storage-coordinator.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { encode } from '../../../../lib/core/value.js';
import type { Claim } from '../../../../lib/storage/contract.js';
import { MemoryClaimStore } from '../../../../lib/storage/memory.js';
import { rejection } from '../fakes.js';
import { QUEUE, STOP, writerBench } from './writers.js';

const full = new ConclaveError('StoreUnavailable', 'the disk is full');

/** A store whose next appends fail as told. */
class FailingStore extends MemoryClaimStore {
  readonly failures: boolean[] = [];

  override async append(...parameters: Parameters<MemoryClaimStore['append']>) {
    if (this.failures.shift() === true) throw full;
    return super.append(...parameters);
  }
}

function bench(epoch = () => 3) {
  const made = writerBench();
  const store = new FailingStore();
  const told: string[] = [];
  const onPersisted = (claims: readonly Claim[]) => told.push(...claims.map(({ id }) => id));
  const storage = new StorageCoordinator({ ...made.options, store, coalition: 'spec', epoch, onPersisted });
  return { ...made, store, storage, told };
}

/** One claim, the `copy`-th message that carries it. */
function claim(n: number, copy = 0) {
  const id = `c${n}`;
  const payload = encode({ id, coalition: 'spec', loop: 1, agent: 'a', text: `claim ${n}`, sources: [] });
  return { kind: 'claim', agent: 'a', id: `${id}/${copy}`, payload } as const;
}

async function idsOf(store: MemoryClaimStore): Promise<string[]> {
  return (await store.read()).map(({ id }) => id);
}

describe('storage coordinator', () => {
  it('persists each claim once in publish order, though the store fails for a while, and stops drained', async () => {
    const run = async (steps: readonly number[], failures: readonly boolean[]) => {
      const { clock, store, storage, publisher, told } = bench();
      store.failures.push(...failures);
      for (const [copy, n] of steps.entries()) {
        await publisher.publishAll([claim(n, copy)]);
        if (copy % 4 === 3) await clock.advance(150);
      }
      await publisher.publishAll([STOP]);
      await clock.advance(200 * (failures.length + 1));
      await storage.ended;
      const wanted = [...new Set(steps)].map((n) => `c${n}`);
      expect(await idsOf(store)).to.deep.equal(wanted);
      expect(told).to.deep.equal(wanted);
      expect(storage.persisted).to.equal(steps.length);
      expect(clock.pending).to.equal(0);
    };
    const steps = fc.array(fc.nat(15), { maxLength: 30 });
    await fc.assert(fc.asyncProperty(steps, fc.array(fc.boolean(), { maxLength: 8 }), run), { numRuns: 60 });
  });

  it('is ended by the fence when another leads, and writes nothing more', async () => {
    let epoch = 3;
    const { clock, store, storage, publisher, errors } = bench(() => epoch);
    await publisher.publishAll([claim(1)]);
    await clock.settle();
    await store.append([], { coalition: 'spec', epoch: 4 });
    await publisher.publishAll([claim(2)]);
    await clock.settle();
    await storage.ended;
    epoch = 5; // too late
    await publisher.publishAll([claim(3)]);
    await clock.advance(5_000);
    expect(await idsOf(store)).to.deep.equal(['c1']);
    expect(errors.map((error) => (error as Error).name)).to.deep.equal(['StaleEpoch']);
    expect(await rejection(storage.whenPersisted(2, 60_000))).to.include({ name: 'StaleEpoch' });
    expect(clock.pending).to.equal(0);
  });

  it('persists what others have published, and counts its own session’s alone', async () => {
    const { clock, broker, options, publisher } = writerBench();
    const store = new MemoryClaimStore();
    const other = new Publisher({
      broker,
      queue: QUEUE,
      coalition: 'spec',
      producer: 'earlier',
      epoch: () => 1,
      clock,
      patienceMs: 1_000,
    });
    const session = 'session';
    const storage = new StorageCoordinator({ ...options, session, store, coalition: 'spec', epoch: () => 3 });
    await other.publishAll([claim(1), claim(2)]);
    await publisher.publishAll([claim(3)]);
    await clock.advance(1_200);
    expect(await idsOf(store)).to.deep.equal(['c1', 'c2', 'c3']);
    expect(storage.persisted).to.equal(1);
    storage.stop();
    await broker.close({ drain: false, deadlineMs: 0 });
  });

  it('tells when so many are persisted', async () => {
    const { clock, broker, storage, publisher } = bench();
    await storage.whenPersisted(0, 1);
    let isDone = false;
    const done = storage.whenPersisted(2, 1_000).then(() => {
      isDone = true;
    });
    await publisher.publishAll([claim(1)]);
    await clock.settle();
    expect(isDone).to.equal(false);
    await publisher.publishAll([claim(2)]);
    await clock.settle();
    await done;
    await broker.close({ drain: false, deadlineMs: 0 });
    await clock.advance(300);
  });

  it('gives up waiting with what the store said, or Timeout if it said nothing', async () => {
    const { clock, store, storage, publisher } = bench();
    const silent = rejection(storage.whenPersisted(1, 400));
    await clock.advance(400);
    const timeout = await silent;
    expect(timeout).to.include({ name: 'Timeout' });
    expect(timeout.message).to.contain('0 of 1 claims').and.contain('400 ms');
    store.failures.push(...Array<boolean>(9).fill(true));
    await publisher.publishAll([claim(1)]);
    const failing = rejection(storage.whenPersisted(1, 400));
    await clock.advance(400);
    expect(await failing).to.equal(full);
  });
});
