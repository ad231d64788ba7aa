import { expect } from 'chai';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { createAnnouncer } from '../../../../lib/coalition/events.js';
import { AnswerDesk } from '../../../../lib/coalition/tasks/answer-desk.js';
import { Publisher } from '../../../../lib/coalition/tasks/publisher.js';
import { TaskTable } from '../../../../lib/coalition/tasks/task-table.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { decode, encode } from '../../../../lib/core/value.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { delivery, rejection } from '../fakes.js';
import { type Fate, FaultyBroker } from '../faulty-broker.js';
import { drive } from '../inline.js';
import { writerBench } from '../writers/writers.js';

function bench() {
  const { broker, clock } = writerBench({ payloadBytesMax: 200 });
  const publisher = (queue: string) =>
    new Publisher({
      broker,
      queue,
      coalition: 'spec',
      producer: 'session',
      epoch: () => 1,
      clock,
      patienceMs: 30_000,
    });
  const table = new TaskTable('producer', { submitted: () => {}, settled: () => {} }, queueMicrotask);
  const announcer = createAnnouncer();
  const [results, claims] = [publisher('results'), publisher('claims')];
  const desk = new AnswerDesk({ coalition: 'spec', table, results, claims, announcer, keepsAnswers: false });
  const take = async (queue: string) => {
    const request = { consumer: 'c', max: 100, waitMs: 0, leaseMs: 1_000 };
    return (await broker.receive(queue, request)).map(({ envelope }) => envelope);
  };
  return { desk, table, announcer, take };
}

const headers = { query: 'q1', loop: '2', stage: '1' };
const ofQuery = (seq: number) => delivery(seq, { envelope: testEnvelope(seq, { headers }) });

describe('answer desk', () => {
  it('counts a claim once, though its answer is handed over again and its publish repeated', async () => {
    const clock = new ManualClock();
    const broker = new FaultyBroker(new InMemoryBroker({ clock }), {});
    const publisher = (queue: string) =>
      new Publisher({
        broker,
        queue,
        coalition: 'spec',
        producer: 's',
        epoch: () => 1,
        clock,
        patienceMs: 50,
      });
    const [results, claims] = [publisher('results'), publisher('claims')];
    const table = new TaskTable('producer', { submitted: () => {}, settled: () => {} }, queueMicrotask);
    const announcer = createAnnouncer();
    const desk = new AnswerDesk({
      coalition: 'spec',
      table,
      results,
      claims,
      announcer,
      keepsAnswers: false,
    });
    const fates: Fate[] = ['answered', ...Array.from({ length: 9 }, (): Fate => 'unreached')];
    broker.fate = (call) => (call === 'publish' ? (fates.shift() ?? 'answered') : 'answered');
    const batch = [{ delivery: ofQuery(1), value: encode(1), claims: [{ text: 'a' }] }];
    expect(await drive(clock, rejection(desk.answered(batch)))).to.include({ code: 'BrokerUnavailable' });
    fates.splice(0, fates.length, 'unanswered');
    await drive(clock, desk.answered(batch));
    expect(desk.counts.claimed).to.equal(1);
    expect(await broker.depth('results')).to.include({ ready: 1 });
  });

  it('publishes the results of a query as entries of the shared state', async () => {
    const { desk, take } = bench();
    await desk.answered([
      { delivery: ofQuery(1), value: encode({ b: new Uint8Array([1]) }), claims: [] },
      { delivery: delivery(2), value: encode(2), claims: [] },
    ]);
    const published = await take('results');
    expect(published.map(({ payload }) => decode(payload))).to.deep.equal([
      { id: 'producer:1', loop: 2, stage: 1, agent: 'agent', value: { b: new Uint8Array([1]) } },
    ]);
    expect(published[0]?.headers).to.deep.equal({ query: 'q1' });
  });

  it('publishes each claim once, however often its task answers', async () => {
    const { desk, take } = bench();
    const sources = [{ file: 'a.md', line: 1, quote: 'q' }];
    const answer = {
      delivery: ofQuery(1),
      value: encode(1),
      claims: [{ text: 'one' }, { text: 'two', sources, verdict: 'x' }],
    };
    await Promise.all([desk.answered([answer]), desk.answered([answer])]);
    const published = (await take('claims')).map(({ payload }) => decode(payload));
    const whose = { coalition: 'spec', loop: 2, agent: 'agent' };
    expect(published).to.deep.equal([
      { id: 'producer:1#1', ...whose, text: 'one', sources: [] },
      { id: 'producer:1#2', ...whose, text: 'two', sources, verdict: 'x' },
    ]);
    expect(desk.counts.claimed).to.equal(2);
  });

  it('counts what somebody waited for', async () => {
    const { desk, table } = bench();
    const heard: unknown[] = [];
    const owner = {
      answered: (seq: number) => heard.push(seq),
      failed: (_: number, error: Error) => heard.push(error),
    };
    table.expect([testEnvelope(1), testEnvelope(2)], owner);
    const answers = [1, 3].map((seq) => ({ delivery: delivery(seq), value: encode(seq), claims: [] }));
    await desk.answered(answers);
    await desk.answered(answers);
    desk.deadLettered(delivery(2, { failures: 2 }), new Error('why'));
    desk.deadLettered(delivery(2), new Error('why'));
    expect(desk.counts).to.deep.equal({ completed: 1, deadLettered: 1, claimed: 0 });
    expect(heard[0]).to.equal(1);
    expect(heard[1]).to.include({ code: 'HandlerFailed' });
    expect((heard[1] as Error).message).to.equal('Agent "agent" failed task producer:2 in 3 attempts: why');
    expect((heard[1] as Error).cause).to.include({ message: 'why' });
  });

  it('hands an operating error on as it is, and tells listeners', () => {
    const { desk, announcer } = bench();
    const heard: unknown[] = [];
    announcer.on('task', (event) => heard.push(event.state));
    announcer.on('deadLetter', ({ error }) => heard.push(error));
    const crashed = new ConclaveError('WorkerCrashed', 'died');
    desk.retried(delivery(1), crashed, 5);
    desk.deadLettered(delivery(1), crashed);
    expect(heard).to.deep.equal(['retrying', 'failed', crashed]);
  });

  it('refuses an answer of which a part would never fit its queue', () => {
    const { desk } = bench();
    const large = encode('x'.repeat(150));
    const answer = { delivery: delivery(1), value: large, claims: [] };
    expect(desk.refusalOf(answer)).to.equal(undefined); // it travels in no queue
    expect(desk.refusalOf({ ...answer, delivery: ofQuery(1) })).to.include({ code: 'MessageTooLarge' });
    const claims = [{ text: 'x'.repeat(150) }];
    expect(desk.refusalOf({ ...answer, claims })).to.include({ code: 'MessageTooLarge' });
    expect(desk.refusalOf({ ...answer, claims: [{ text: 'x' }] })).to.equal(undefined);
  });
});
