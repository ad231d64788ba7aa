import { expect } from 'chai';
import { Leadership } from '../../../lib/coalition/leadership.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { MemoryClaimStore } from '../../../lib/storage/memory.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { limitsOf, rejection } from './fakes.js';

const LEASE_MS = 300;

class World {
  readonly clock = new ManualClock();
  readonly store = new MemoryClaimStore();
  readonly told: string[] = [];
  readonly errors: unknown[] = [];
  readonly #leaseMs: number;

  constructor(leaseMs = LEASE_MS) {
    this.#leaseMs = leaseMs;
  }

  candidate(id: string): Leadership {
    const { clock, store, told, errors } = this;
    return new Leadership({
      system: createSystem({ clock, log: () => {} }),
      store,
      id,
      coalition: 'spec',
      clock,
      limits: limitsOf({ leaseMs: this.#leaseMs }),
      onElected: (epoch) => told.push(`${id} elected ${epoch}`),
      onDeposed: (epoch, reason) => told.push(`${id} deposed ${epoch} ${reason}`),
      onError: (error) => errors.push(error),
    });
  }
}

describe('leadership', () => {
  it('is elected at once where nobody leads, and keeps its lease alive', async () => {
    const world = new World();
    const a = world.candidate('a');
    await world.clock.settle();
    await a.elected();
    expect(a.epoch).to.equal(1);
    await world.clock.advance(10 * LEASE_MS);
    const record = await world.store.readLease('spec');
    expect(record).to.include({ holder: 'a', epoch: 1 });
    expect(record?.heartbeat).to.be.within(28, 30);
    expect(world.told).to.deep.equal(['a elected 1']);
    await a.resign();
    expect(world.clock.pending).to.equal(0);
  });

  it('says who leads after one and a half leases', async () => {
    const world = new World();
    const a = world.candidate('a');
    await world.clock.settle();
    await a.elected();
    const b = world.candidate('b');
    const refused = rejection(b.elected());
    await world.clock.advance(1.5 * LEASE_MS);
    const error = await refused;
    expect(error).to.be.instanceOf(ConclaveError).and.include({ code: 'LeaseHeld' });
    expect(error.message).to.contain('led by a').and.contain('300 ms');
    await Promise.all([a.resign(), b.resign()]);
    expect(world.clock.pending).to.equal(0);
  });

  it('says what it waits for when the lease is not to be had at once', async () => {
    const world = new World(10_000);
    const a = world.candidate('a');
    await world.clock.settle();
    const b = world.candidate('b');
    const refused = rejection(b.elected());
    await world.clock.advance(999);
    expect(world.errors).to.deep.equal([]);
    await world.clock.advance(1);
    expect(world.errors.join()).to.contain('waits for its lease, held by a, for at most 15000 ms');
    await world.clock.advance(15_000);
    await refused;
    await Promise.all([a.resign(), b.resign()]);
    expect(world.clock.pending).to.equal(0);
  });

  it('resigns, so that the next one need not wait', async () => {
    const world = new World();
    const a = world.candidate('a');
    await world.clock.settle();
    const b = world.candidate('b');
    const elected = b.elected();
    await world.clock.advance(50);
    await a.resign();
    expect(await world.store.readLease('spec')).to.include({ holder: undefined, epoch: 1 });
    await world.clock.advance(LEASE_MS / 3);
    await elected;
    expect(b.epoch).to.equal(2);
    expect(world.told).to.deep.equal(['a elected 1', 'a deposed 1 stop', 'b elected 2']);
    await b.resign();
  });

  it('is deposed when another took its lease, keeps its old epoch, and stands again', async () => {
    const world = new World();
    const a = world.candidate('a');
    await world.clock.settle();
    await a.elected();
    const record = await world.store.readLease('spec');
    const stolen = await world.store.takeLease('spec', 'thief', record);
    await world.clock.advance(LEASE_MS / 3);
    expect(world.told).to.deep.equal(['a elected 1', 'a deposed 1 lost']);
    expect(a.epoch).to.equal(1);
    expect(stolen?.epoch).to.equal(2);
    await world.clock.advance(2 * LEASE_MS); // the thief gives no sign of life
    expect(a.epoch).to.equal(3);
    await a.resign();
  });

  it('stops leading when its store is silent for two thirds of a lease', async () => {
    const world = new World();
    const a = world.candidate('a');
    await world.clock.settle();
    await a.elected();
    const down = new Error('down');
    world.store.renewLease = () => Promise.reject(down);
    await world.clock.advance((LEASE_MS * 2) / 3 + 1);
    expect(world.told).to.deep.equal(['a elected 1', 'a deposed 1 unrenewed']);
    expect(new Set(world.errors)).to.deep.equal(new Set([down]));
    await a.resign();
    expect(world.clock.pending).to.equal(0);
  });

  it('says what the store said when it could not be read, and not that another leads', async () => {
    const world = new World();
    const down = new ConclaveError('StoreUnavailable', 'down');
    world.store.readLease = () => Promise.reject(down);
    const a = world.candidate('a');
    const refused = rejection(a.elected());
    await world.clock.advance(1.5 * LEASE_MS);
    expect(await refused).to.equal(down);
    await a.resign();
  });
});
