import { expect } from 'chai';
import { Heartbeat } from '../../../../lib/coalition/hosts/heartbeat.js';
import { decodePresence } from '../../../../lib/coalition/hosts/presence.js';
import { QUEUE, writerBench } from '../writers/writers.js';
import { presenceOf } from './pools.js';

const LEASE_MS = 900;
const UNREAD_MAX = 1_000;

function bench() {
  const made = writerBench();
  const { clock, broker, publisher, options } = made;
  const { onError } = options;
  const pool = presenceOf('p');
  const heartbeat = new Heartbeat({
    broker,
    queue: QUEUE,
    publisher,
    pool,
    clock,
    leaseMs: LEASE_MS,
    onError,
  });
  const heard = async () => {
    const request = { consumer: 'spec', max: UNREAD_MAX * 2, waitMs: 0, leaseMs: 60_000 };
    const deliveries = await broker.receive(QUEUE, request);
    await broker.ack(QUEUE, deliveries);
    return deliveries.map(({ envelope }) => decodePresence(envelope.payload).state);
  };
  return { ...made, heartbeat, heard };
}

describe('heartbeat', () => {
  it('says three times a lease that the pool is here, then once that it has left', async () => {
    const { clock, heartbeat, heard } = bench();
    await heartbeat.start();
    expect(await heard()).to.deep.equal(['here']);
    await clock.advance(LEASE_MS);
    expect(await heard()).to.deep.equal(['here', 'here', 'here']);
    await heartbeat.leave();
    await clock.advance(LEASE_MS * 2);
    expect(await heard()).to.deep.equal(['left']);
    expect(clock.pending).to.equal(0);
  });

  it('piles up no more words than somebody could want to read', async () => {
    const { clock, heartbeat, broker } = bench();
    await heartbeat.start();
    for (let lease = 0; lease < 400; lease += 1) await clock.advance(LEASE_MS);
    expect((await broker.depth(QUEUE)).ready).to.equal(UNREAD_MAX);
    await heartbeat.leave();
  });

  it('goes on when the broker could not be reached', async () => {
    const { clock, broker, heartbeat, errors, heard } = bench();
    const depth = broker.depth.bind(broker);
    broker.depth = () => Promise.reject(new Error('down'));
    await heartbeat.start();
    expect(errors.map(String)).to.deep.equal(['Error: down']);
    broker.depth = depth;
    await clock.advance(LEASE_MS);
    expect(await heard()).to.deep.equal(['here', 'here', 'here']);
    await heartbeat.leave();
  });
});
