import { expect } from 'chai';
import { StateOutbox } from '../../../../lib/coalition/hosts/state-outbox.js';
import { decodePart } from '../../../../lib/coalition/hosts/state-part.js';
import { Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import { writerBench } from '../writers/writers.js';
import { sharedResult } from './results.js';

const inbox = (pool: string) => `inbox.${pool}`;

function bench() {
  const { broker, clock, errors } = writerBench();
  const purged: string[] = [];
  let producers = 0;
  const outbox = new StateOutbox({
    session: 'c',
    publisherTo: (pool) => {
      producers += 1;
      const names = { queue: inbox(pool), coalition: 'spec', producer: `state-${producers}` };
      return new Publisher({ ...names, broker, clock, epoch: () => 1, patienceMs: 30_000 });
    },
    purge: async (pool) => {
      purged.push(pool);
    },
    onError: (error) => errors.push(error),
  });
  /** What that pool hears: query, from, how many. */
  const heard = async (pool: string) => {
    await clock.settle();
    const request = { consumer: pool, max: 100, waitMs: 0, leaseMs: 60_000 };
    const deliveries = await broker.receive(inbox(pool), request);
    await broker.ack(inbox(pool), deliveries);
    return deliveries.map(({ envelope }) => {
      const { query, turn, from, results } = decodePart(envelope.payload);
      return `${query}/${turn} ${from}+${results.length}`;
    });
  };
  return { outbox, heard, purged, errors };
}

const results = (count: number) => Array.from({ length: count }, (_, at) => sharedResult(at, at));

describe('state outbox', () => {
  it('sends each pool what is new, and one that joins late all of it', async () => {
    const { outbox, heard } = bench();
    outbox.joined('p');
    expect(await heard('p')).to.deep.equal([]);
    outbox.begin('q');
    outbox.send(results(2));
    outbox.send(results(2));
    outbox.send(results(3));
    expect(await heard('p')).to.deep.equal(['q/1 0+0', 'q/1 0+2', 'q/1 2+1']);
    outbox.joined('late');
    expect(await heard('late')).to.deep.equal(['q/1 0+3']);
    outbox.begin('r');
    expect([await heard('p'), await heard('late')]).to.deep.equal([['r/2 0+0'], ['r/2 0+0']]);
  });

  it('sends nothing to one that is gone, and removes its inbox; one that comes back gets all', async () => {
    const { outbox, heard, purged } = bench();
    outbox.begin('q');
    outbox.joined('p');
    outbox.gone('p');
    outbox.send(results(2));
    expect(purged).to.deep.equal(['p']);
    expect(await heard('p')).to.deep.equal(['q/1 0+0']);
    outbox.joined('p');
    expect(await heard('p')).to.deep.equal(['q/1 0+2']);
  });

  it('is silent once it is closed', async () => {
    const { outbox, heard, errors } = bench();
    outbox.joined('p');
    outbox.close();
    outbox.begin('q');
    outbox.send(results(1));
    expect(await heard('p')).to.deep.equal([]);
    expect(errors).to.deep.equal([]);
  });
});
