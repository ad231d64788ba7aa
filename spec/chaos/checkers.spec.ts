import { expect } from 'chai';
import fc from 'fast-check';
import { type Random, randomInteger, seededRandom } from '../../lib/core/random.js';
import { checkOrder } from './checkers/order.js';
import { checkStaleAcks } from './checkers/stale-acks.js';
import { checkTotalQueue } from './checkers/total-queue.js';
import type { Given, History, PublishTry, Settling } from './history.js';
import { playHistory } from './played-history.js';
import { judge, objections } from './verdict.js';

/** Each takes a clean history, changes it as one fault of a broker would, and answers the id; none if it has no such place. */
type Plant = (history: Draft, pick: <Item>(items: readonly Item[]) => Item | undefined) => string | undefined;

interface Draft {
  published: PublishTry[];
  given: Given[];
  settled: Settling[];
}

const counted = ({ type, outcome }: Settling) => type === 'ack' && outcome === 'ok';

const plants: Readonly<Record<string, readonly [kind: keyof ReturnType<typeof judge>, plant: Plant]>> = {
  'a message that nobody was given': [
    'lost',
    (history, pick) => {
      const id = pick(history.settled.filter(counted))?.id;
      history.given = history.given.filter((given) => given.id !== id);
      history.settled = history.settled.filter((settling) => settling.id !== id);
      return id;
    },
  ],
  'a message that was given and never settled': [
    'lost',
    (history, pick) => {
      const id = pick(history.settled.filter(counted))?.id;
      history.settled = history.settled.map((settling) =>
        settling.id === id && settling.type === 'ack' ? { ...settling, outcome: 'stale' } : settling,
      );
      return id;
    },
  ],
  'a message from nowhere': [
    'unexpected',
    (history, pick) => {
      const given = pick(history.given);
      if (given === undefined) return undefined;
      history.given.push({ ...given, id: 'nowhere' });
      return 'nowhere';
    },
  ],
  'a message that was refused as full': [
    'unexpected',
    (history, pick) => {
      const id = pick(history.given)?.id;
      history.published = history.published.map((tried) =>
        tried.id === id ? { ...tried, outcome: 'full' } : tried,
      );
      return id;
    },
  ],
  'a message given again after its ack': [
    'duplicated',
    (history, pick) => {
      const settling = pick(history.settled.filter(counted));
      const given = history.given.find(({ id }) => id === settling?.id);
      if (settling?.toUs === undefined || given === undefined) return undefined;
      const { deliveries, toUs } = settling;
      history.given.push({ ...given, deliveries: deliveries + 1, fromUs: toUs + 1, toUs: toUs + 2 });
      return given.id;
    },
  ],
  'a message in two places of the queue': [
    'duplicated',
    (history, pick) => {
      const given = pick(history.given);
      if (given === undefined) return undefined;
      history.given.push({ ...given, seq: given.seq + 1_000_000 });
      return given.id;
    },
  ],
  'a second ack that counted': [
    'staleAcks',
    (history, pick) => {
      const settling = pick(history.settled.filter(counted));
      if (settling === undefined) return undefined;
      history.settled.push({ ...settling, deliveries: settling.deliveries + 1 });
      return settling.id;
    },
  ],
  'an ack that counted after the message was out again': [
    'staleAcks',
    (history, pick) => {
      const settling = pick(history.settled.filter(counted));
      const given = history.given.find(({ id }) => id === settling?.id);
      if (settling === undefined || given === undefined) return undefined;
      const fromUs = settling.fromUs - 2;
      history.given.push({ ...given, deliveries: settling.deliveries + 1, fromUs, toUs: fromUs + 1 });
      return settling.id;
    },
  ],
  'an ack that counted after the message was given back': [
    'staleAcks',
    (history, pick) => {
      const settling = pick(history.settled.filter(counted));
      if (settling === undefined) return undefined;
      const fromUs = settling.fromUs - 2;
      history.settled.push({ ...settling, type: 'nack', fromUs, toUs: fromUs + 1 });
      return settling.id;
    },
  ],
  'a producer whose messages changed places': [
    'disordered',
    (history, pick) => {
      const id = pick(history.given)?.id;
      const tried = history.published.find((published) => published.id === id);
      const later = history.published.find(
        ({ producer, place, id: other }) =>
          producer === tried?.producer &&
          place > tried.place &&
          history.given.some((given) => given.id === other),
      );
      if (id === undefined || later === undefined) return undefined;
      const seqOf = (name: string) => history.given.find((given) => given.id === name)?.seq ?? 0;
      const seqs = new Map([
        [id, seqOf(later.id)],
        [later.id, seqOf(id)],
      ]);
      history.given = history.given.map((given) => ({ ...given, seq: seqs.get(given.id) ?? given.seq }));
      return id;
    },
  ],
  'a first delivery after that of a younger message': [
    'disordered',
    (history, pick) => {
      const last = Math.max(...history.given.map(({ toUs }) => toUs));
      const isFirst = ({ key, deliveries }: Given) => key === undefined && deliveries === 1;
      const youngest = Math.max(
        ...history.given.filter(({ deliveries }) => deliveries === 1).map(({ seq }) => seq),
      );
      const given = pick(history.given.filter((one) => isFirst(one) && one.seq < youngest));
      history.given = history.given.map((one) =>
        one === given ? { ...one, fromUs: last + 1, toUs: last + 2 } : one,
      );
      return given?.id;
    },
  ],
  'two messages of a key out at once': [
    'disordered',
    (history, pick) => {
      const keyed = history.given.filter(({ key }) => key !== undefined);
      const given = pick(
        keyed.filter(({ key, seq }) => keyed.some((other) => other.key === key && other.seq < seq)),
      );
      const older = keyed.find(({ key, seq }) => given !== undefined && key === given.key && seq < given.seq);
      if (given === undefined || older === undefined) return undefined;
      history.given.push({
        ...given,
        deliveries: given.deliveries + 9,
        fromUs: older.fromUs,
        toUs: older.toUs,
      });
      return given.id;
    },
  ],
};

function picker(random: Random) {
  return <Item>(items: readonly Item[]): Item | undefined => items[randomInteger(random, items.length)];
}

describe('the checkers of chaos', () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

  it('find nothing in what a broker that keeps its promises does', async () => {
    const met = new Set<string>();
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const history = await playHistory(seededRandom(seed));
        expect(objections(judge(history))).to.deep.equal([]);
        for (const { outcome } of [...history.published, ...history.settled]) met.add(outcome);
        if (history.given.some(({ deliveries }) => deliveries > 1)) met.add('again');
      }),
      { numRuns: 40 },
    );
    expect([...met].sort()).to.deep.equal([
      'accepted',
      'again',
      'dead-lettered',
      'duplicate',
      'full',
      'ok',
      'stale',
    ]);
  });

  for (const [name, [kind, plant]] of Object.entries(plants)) {
    it(`find ${name}`, async () => {
      let planted = 0;
      await fc.assert(
        fc.asyncProperty(seeds, async (seed) => {
          const random = seededRandom(seed);
          const history = await playHistory(random);
          const draft = {
            published: [...history.published],
            given: [...history.given],
            settled: [...history.settled],
          };
          const id = plant(draft, picker(random));
          if (id === undefined) return;
          planted += 1;
          const found = judge(draft)[kind];
          expect(found).to.be.an('array').that.is.not.empty;
        }),
        { numRuns: 12 },
      );
      expect(planted).to.be.greaterThan(8);
    });
  }

  it('take what nobody knows for neither lost nor unexpected, and count it as recovered if it came', async () => {
    const history = await playHistory(seededRandom(7));
    const blurred: History = {
      ...history,
      published: history.published.map((tried) => ({ ...tried, outcome: 'unknown', toUs: undefined })),
      settled: history.settled.map((settling) => ({ ...settling, outcome: 'unknown', toUs: undefined })),
    };
    expect(objections(judge(blurred))).to.deep.equal([]);
    const { accepted, recovered } = checkTotalQueue(blurred);
    expect(accepted).to.equal(0);
    expect(recovered.length).to.equal(new Set(history.given.map(({ id }) => id)).size);
  });

  it('say nothing of a queue in which nothing happened', () => {
    const nothing: History = { published: [], given: [], settled: [] };
    expect([checkOrder(nothing), checkStaleAcks(nothing), objections(judge(nothing))]).to.deep.equal([
      [],
      [],
      [],
    ]);
  });
});
