import { expect } from 'chai';
import * as fc from 'fast-check';
import type { Delivery } from '../../../../lib/brokers/contract.js';
import { queueKeys, tenantKeys } from '../../../../lib/brokers/redis/keys.js';
import { RedisBroker } from '../../../../lib/brokers/redis.js';
import { systemIds } from '../../../../lib/core/ids.js';
import type { Limits } from '../../../../lib/core/limits.js';
import { type Envelope, messageId } from '../../../../lib/core/message.js';
import { decode, encode } from '../../../../lib/core/value.js';
import { testEnvelope, testEnvelopes } from '../../../../lib/testing/envelopes.js';
import { type PrivateRedis, sharedRedis } from '../../../services/redis.js';
import { describeOnRedis } from '../../../services/redis-programs.js';

const QUEUE = 'tasks';
const REQUEST = { consumer: 'spec', max: 100, waitMs: 0, leaseMs: 60_000 };

const seqs = (deliveries: readonly Delivery[]) => deliveries.map(({ seq }) => seq);

describeOnRedis('the broker on Redis, in real time', (program) => {
  let server: PrivateRedis;
  let tenant: string;
  const open: RedisBroker[] = [];

  before(async () => {
    server = await sharedRedis(program);
  });

  beforeEach(() => {
    tenant = systemIds.next('spec');
  });

  afterEach(async () => {
    for (const broker of open) await broker.close({ drain: false, deadlineMs: 0 });
    open.length = 0;
    const left = await keys();
    if (left.length > 0) await server.command('UNLINK', ...left);
  });

  const client = async (limits: Partial<Limits> = {}) => {
    const broker = await RedisBroker.open(server.url, { tenant, limits });
    open.push(broker);
    return broker;
  };
  const keys = async () => {
    const found = await server.command('KEYS', `${tenantKeys(tenant)}*`);
    return Array.isArray(found) ? found.map(String) : [];
  };
  const streamOf = (code: string) => `${queueKeys(tenant, QUEUE)}s:${code}`;

  /** Where the server's time was kept as another, it has stepped by the difference since. */
  const step = (byMs: number) => {
    const script = `local q = cmsgpack.unpack(redis.call('GET', KEYS[1]))
      q.server = q.server - ARGV[1]
      return redis.call('SET', KEYS[1], cmsgpack.pack(q))`;
    return server.command('EVAL', script, 1, `${queueKeys(tenant, QUEUE)}state`, byMs);
  };

  it('says what its server promises, and nothing of its password', async () => {
    const broker = await client();
    expect(broker.capabilities).to.include({ durable: true, shared: true, delivery: 'at-least-once' });
    expect(broker.name).to.match(/^redis:\/\/127\.0\.0\.1:\d+$/);
    expect(broker.warnings.join()).to.include('everysec');
  });

  it('wakes a receiver at another client, for a message, a refusal and a key that is free', async () => {
    const [near, far] = [await client(), await client()];
    const waiting = far.receive(QUEUE, { ...REQUEST, waitMs: 10_000 });
    await near.publish(QUEUE, testEnvelopes(1, 2, { orderingKey: 'k' }));
    const first = await waiting;
    expect(seqs(first)).to.deep.equal([1]);
    const second = near.receive(QUEUE, { ...REQUEST, waitMs: 10_000 });
    await far.ack(QUEUE, first);
    expect(seqs(await second)).to.deep.equal([2]);
    const third = far.receive(QUEUE, { ...REQUEST, waitMs: 10_000 });
    const refusal = { fault: 'failure', delayMs: 30, attemptsMax: 5, reason: '' } as const;
    await near.nack(
      QUEUE,
      (await second).map((receipt) => ({ receipt, ...refusal })),
    );
    expect((await third).map(({ deliveries, failures }) => [deliveries, failures])).to.deep.equal([[2, 1]]);
  });

  it('wakes another client by a word and not by its own looks', async () => {
    const [near, far] = [await client(), await client()];
    const startMs = performance.now();
    for (let seq = 1; seq <= 12; seq += 1) {
      const waiting = far.receive(QUEUE, { ...REQUEST, waitMs: 10_000 });
      await far.depth(QUEUE);
      await near.publish(QUEUE, [testEnvelope(seq)]);
      expect(seqs(await waiting)).to.deep.equal([seq]);
    }
    expect(performance.now() - startMs, 'a look takes up to a second each time').to.be.below(4_000);
  });

  it('wakes a reader of answers at another client', async () => {
    const [near, far] = [await client(), await client()];
    await near.publish(QUEUE, testEnvelopes(1, 2));
    const waiting = far.answers.read('far', { cursor: '', max: 10, waitMs: 10_000 });
    const answers = testEnvelopes(1, 2).map(({ id }) => ({ id, asker: 'far', outcome: encode({ id }) }));
    const held = await near.receive(QUEUE, REQUEST);
    await near.ack(
      QUEUE,
      held.map((receipt, at) => ({ ...receipt, answer: answers[at] })),
    );
    expect((await waiting).answers).to.deep.equal(answers);
    expect(await far.answers.find(testEnvelope(2).id)).to.deep.equal(answers[1]);
  });

  it('refuses the settlement of one whose message another client has claimed', async () => {
    const [near, far] = [await client(), await client()];
    await near.publish(QUEUE, testEnvelopes(1, 3));
    const held = await near.receive(QUEUE, { ...REQUEST, leaseMs: 40 });
    const claimed = await far.receive(QUEUE, { ...REQUEST, waitMs: 10_000 });
    expect(seqs(claimed)).to.deep.equal([1, 2, 3]);
    expect(await near.ack(QUEUE, held)).to.deep.equal(['stale', 'stale', 'stale']);
    expect(await near.extend(QUEUE, held, 1_000)).to.deep.equal(['stale', 'stale', 'stale']);
    expect(await far.ack(QUEUE, claimed)).to.deep.equal(['ok', 'ok', 'ok']);
  });

  it('goes on after a flush of the scripts', async () => {
    const broker = await client();
    await broker.publish(QUEUE, testEnvelopes(1, 2));
    await server.command('SCRIPT', 'FLUSH');
    expect(await broker.publish(QUEUE, testEnvelopes(2, 3))).to.deep.equal(['duplicate', 'accepted']);
    const held = await broker.receive(QUEUE, REQUEST);
    await server.command('SCRIPT', 'FLUSH');
    expect(await broker.ack(QUEUE, held)).to.deep.equal(['ok', 'ok', 'ok']);
  });

  it("buries somebody else's entries with their bytes, whatever they are, and loses nothing of its own", async () => {
    const broker = await client();
    const addForeign = (...fields: string[]) => server.command('XADD', streamOf('4agent'), '*', ...fields);
    await broker.publish(QUEUE, testEnvelopes(1, 2));
    await addForeign('what', 'ever', 'more', 'text');
    await broker.publish(QUEUE, testEnvelopes(3, 4));
    expect(seqs(await broker.receive(QUEUE, REQUEST)), 'found by a publish').to.deep.equal([1, 2, 3, 4]);
    await broker.publish(QUEUE, testEnvelopes(5, 5));
    await addForeign('e', 'no message');
    expect(seqs(await broker.receive(QUEUE, REQUEST)), 'found by a receive').to.deep.equal([5]);
    await addForeign('e', '');
    expect(
      seqs(await broker.receive(QUEUE, { ...REQUEST, waitMs: 1 })),
      'found by one that waits',
    ).to.deep.equal([]);
    await broker.publish(QUEUE, [testEnvelope(6, { priority: 9 }), testEnvelope(7)]);
    expect(seqs(await broker.receive(QUEUE, REQUEST))).to.deep.equal([6, 7]);
    const letters = await broker.deadLetters(QUEUE);
    const payloads = letters.map(({ envelope }) =>
      Buffer.from(decode(envelope.payload) as Uint8Array).toString(),
    );
    expect(payloads).to.deep.equal(['["what","ever","more","text"]', '["e","no message"]', '["e",""]']);
    expect(letters.map(({ reason }) => /not published by Conclave/.test(reason))).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 0, inFlight: 7 });
  });

  it('buries an entry of its own that was written over, and gives out the others', async () => {
    const broker = await client();
    await broker.publish(QUEUE, testEnvelopes(1, 1));
    await server.command('XADD', streamOf('4agent'), '2-1', 'e', 'no message');
    await broker.publish(QUEUE, testEnvelopes(2, 4));
    const given = await broker.receive(QUEUE, REQUEST);
    expect(given.map(({ envelope }) => envelope.seq).sort()).to.deep.equal([1, 2, 3, 4]);
    expect((await broker.deadLetters(QUEUE)).length).to.equal(1);
  });

  it('neither ends a lease nor makes it last when the clock of the server steps', async () => {
    const broker = await client();
    await broker.publish(QUEUE, testEnvelopes(1, 1));
    const held = await broker.receive(QUEUE, { ...REQUEST, leaseMs: 5_000 });
    for (const stepMs of [3_600_000, -3_600_000]) {
      await step(stepMs);
      expect((await broker.depth(QUEUE)).inFlight, `a step of ${stepMs} ms`).to.equal(1);
    }
    expect(await broker.extend(QUEUE, held, 100)).to.deep.equal(['ok']);
    await step(-3_600_000);
    expect(seqs(await broker.receive(QUEUE, { ...REQUEST, waitMs: 10_000 }))).to.deep.equal([1]);
    await broker.ack(QUEUE, await broker.receive(QUEUE, REQUEST));
  });

  it('has the time of the server alone to go by where it has not seen the queue before', async () => {
    const near = await client();
    await near.publish(QUEUE, testEnvelopes(1, 1));
    await near.receive(QUEUE, { ...REQUEST, leaseMs: 5_000 });
    await step(3_600_000);
    expect(
      (await (await client()).depth(QUEUE)).inFlight,
      'whoever is fresh takes the hour as passed',
    ).to.equal(0);
  });

  it('gives out what many lanes and priorities hold in one order, in batches of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            agent: fc.constantFrom(0, 0, 0, 1, 2),
            priority: fc.constantFrom(4, 4, 4, 3, 9),
            isKeyed: fc.boolean(),
          }),
          {
            minLength: 150,
            maxLength: 300,
          },
        ),
        fc.integer({ min: 1, max: 120 }),
        async (plans, max) => {
          const queue = systemIds.next('queue');
          const broker = open[0] ?? (await client());
          const envelopes = plans.map(({ agent, priority, isKeyed }, at) =>
            testEnvelope(at + 1, {
              agent: `agent ${agent}`,
              priority,
              ...(isKeyed ? { orderingKey: `only ${at}` } : {}),
              ...(isKeyed && at % 3 === 0 ? { delayMs: 1 } : {}),
            }),
          );
          await broker.publish(queue, envelopes);
          await new Promise((resolve) => setTimeout(resolve, 5));
          const given: Envelope[] = [];
          for (;;) {
            const part = await broker.receive(queue, { ...REQUEST, max });
            if (part.length === 0) break;
            given.push(...part.map(({ envelope }) => envelope));
            await broker.ack(queue, part);
          }
          const order = [...envelopes].sort((a, b) => b.priority - a.priority || a.seq - b.seq);
          expect(given.map(({ seq }) => seq)).to.deep.equal(order.map(({ seq }) => seq));
          expect((await broker.depth(queue)).inFlight).to.equal(0);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('takes a publish of any length, in order, and no more of it than has room', async () => {
    const broker = await client({ queueDepthMax: 3_000 });
    const outcomes = await broker.publish(QUEUE, testEnvelopes(1, 3_500));
    expect(outcomes.indexOf('full')).to.equal(3_000);
    expect(outcomes.slice(3_000).every((outcome) => outcome === 'full')).to.equal(true);
    const given = await broker.receive(QUEUE, { ...REQUEST, max: 5_000 });
    expect(seqs(given)).to.deep.equal(testEnvelopes(1, 3_000).map(({ seq }) => seq));
    const acked = await broker.ack(QUEUE, given);
    expect(acked.every((outcome) => outcome === 'ok')).to.equal(true);
  });

  it('takes a beginning of a publish that goes in parts, also where there is room again behind it', async () => {
    const broker = await client({ queueBytesMax: 2_000 });
    const payload = (seq: number) => encode(seq === 60 ? 'x'.repeat(2_000) : 1);
    const envelopes = testEnvelopes(1, 400).map((each) => ({ ...each, payload: payload(each.seq) }));
    const outcomes = await broker.publish(QUEUE, envelopes);
    expect(outcomes.map((outcome) => outcome === 'accepted').lastIndexOf(true)).to.equal(58);
    expect(await broker.publish(QUEUE, testEnvelopes(61, 62))).to.deep.equal(['accepted', 'accepted']);
  });

  it('answers many single publishes and acks of one tick each for itself', async () => {
    const broker = await client();
    const own = (seq: number) => testEnvelope(seq, { id: messageId(`own ${seq % 3}`) });
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((seq) => broker.publish(QUEUE, seq === 2 ? [testEnvelope(9)] : [own(seq)])),
    );
    expect(outcomes.flat()).to.deep.equal(['accepted', 'accepted', 'accepted', 'duplicate', 'accepted']);
    const given = await broker.receive(QUEUE, REQUEST);
    const acked = await Promise.all([...given, ...given].map((receipt) => broker.ack(QUEUE, [receipt])));
    expect(acked.flat()).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'stale', 'stale', 'stale', 'stale']);
  });

  it('leaves nothing behind after a purge, however the queue was used', async () => {
    const broker = await client({ queueDepthMax: 9 });
    await broker.publish(QUEUE, testEnvelopes(1, 4, { orderingKey: 'k' }));
    await broker.publish(QUEUE, testEnvelopes(5, 6, { delayMs: 60_000 }));
    await broker.publish(
      QUEUE,
      [7, 8, 9, 10, 11].map((seq) => testEnvelope(seq, { agent: `a${seq}`, priority: 2 })),
    );
    await broker.publish(QUEUE, [testEnvelope(1, { id: messageId('own') })]);
    const given = await broker.receive(QUEUE, REQUEST);
    const refusal = { fault: 'failure', reason: '' } as const;
    await broker.nack(
      QUEUE,
      given.map((receipt, at) => ({
        receipt,
        ...refusal,
        delayMs: at % 2 === 0 ? 0 : 60_000,
        attemptsMax: at === 1 ? 0 : 5,
      })),
    );
    const [late] = await broker.receive(QUEUE, { ...REQUEST, max: 1 });
    if (late === undefined) throw new Error('nothing was left');
    const answer = { id: late.envelope.id, asker: undefined, outcome: encode(1) };
    await broker.ack(QUEUE, [{ ...late, answer }]);
    await broker.answers.read('spec', { cursor: '', max: 1, waitMs: 0 });
    await broker.purge([QUEUE]);
    expect(await keys()).to.deep.equal([]);
    expect(await broker.publish(QUEUE, testEnvelopes(1, 1))).to.deep.equal(['accepted']);
  });

  it('lets its answers expire, and a reader of the shelf before finds those of the next', async () => {
    const broker = await client();
    const shelf = `${tenantKeys(tenant)}a:`;
    const answerOne = async (seq: number) => {
      await broker.publish(QUEUE, testEnvelopes(seq, seq));
      const given = await broker.receive(QUEUE, REQUEST);
      const answered = given.map((each) => ({
        ...each,
        answer: { id: each.envelope.id, asker: 'reader', outcome: encode(seq) },
      }));
      await broker.ack(QUEUE, answered);
    };
    await answerOne(1);
    const { cursor } = await broker.answers.read('reader', { cursor: '', max: 9, waitMs: 0 });
    const names = ['state', 'text', 'order', 'for:reader'].map((name) => `${shelf}${name}`);
    const livesMs = await Promise.all(names.map(async (name) => Number(await server.command('PTTL', name))));
    expect(Math.min(...livesMs), String(livesMs)).to.be.greaterThan(0);
    expect(livesMs[0], 'what counts lives longest').to.equal(Math.max(...livesMs));
    await server.command('UNLINK', ...names);
    await answerOne(2);
    const { answers } = await broker.answers.read('reader', { cursor, max: 9, waitMs: 0 });
    expect(answers.map(({ outcome }) => decode(outcome))).to.deep.equal([2]);
  });

  it('counts what stays with the server as returned, and what others settle as drained', async () => {
    const [near, far] = [await client(), await client()];
    await near.publish(QUEUE, testEnvelopes(1, 3));
    const held = await far.receive(QUEUE, { ...REQUEST, max: 2 });
    const report = near.close({ drain: true, deadlineMs: 600 });
    await near.depth(QUEUE); // behind the look with which the close begins
    await far.ack(QUEUE, held);
    expect(await report).to.deep.equal({ drained: 2, returned: 1, abandoned: 0 });
    expect(seqs(await far.receive(QUEUE, REQUEST))).to.deep.equal([3]);
  });
});
