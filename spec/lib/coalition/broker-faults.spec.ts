import { expect } from 'chai';
import fc from 'fast-check';
import { InMemoryBroker } from '../../../lib/brokers/memory.js';
import { defineAgent } from '../../../lib/coalition/define.js';
import { isConclaveError } from '../../../lib/core/errors.js';
import { MemoryClaimStore } from '../../../lib/storage/memory.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';
import { collect, rejection } from './fakes.js';
import { type Fate, FaultyBroker } from './faulty-broker.js';
import { bench, drive } from './inline.js';

const LEASE_MS = 2_000;

const job = defineAgent({
  name: 'job',
  attempts: 2,
  backoff: { type: 'fixed', delayMs: 10 },
  handle: ({ n, fails = false }: { n: number; fails?: boolean }, context) => {
    if (fails) throw new Error(`no ${n}`);
    context.claim({ text: `claim ${n}` });
    return n;
  },
});

function world(promises = { durable: true, shared: false }, limits: object = {}) {
  const clock = new ManualClock();
  const bounds = { leaseMs: LEASE_MS, ...limits };
  const broker = new FaultyBroker(new InMemoryBroker({ clock, limits: bounds }), promises);
  const start = (options: object = {}) =>
    bench({ job }, { clock, broker, limits: bounds, name: 'spec', ...options });
  const close = () => drive(clock, broker.close({ drain: false, deadlineMs: 0 }));
  return { clock, broker, start, close };
}

const fates = fc.array(fc.constantFrom<Fate>('answered', 'unreached', 'unanswered'), { maxLength: 60 });

/** Plays these fates one after the other, then all is well. */
function play(plan: readonly Fate[]): () => Fate {
  const left = [...plan];
  return () => left.shift() ?? 'answered';
}

describe('a coalition whose broker fails now and then', function () {
  this.timeout(60_000);

  it('answers every task it has accepted, keeps each claim once, and says what it did not take', async () => {
    const check = async (plan: readonly Fate[], count: number, isOwn: boolean, shared: boolean) => {
      const { broker, start, close } = world({ durable: true, shared });
      const store = new MemoryClaimStore();
      const { coalition, run, faults } = await start({ store });
      broker.fate = play(plan);
      const submits = Array.from({ length: count }, (_, n) =>
        coalition.submit(
          'job',
          { n, fails: n % 7 === 6 },
          { waitMs: 4 * LEASE_MS, ...(isOwn && { id: `own-${n}` }) },
        ),
      );
      const mapped = collect(coalition.map('job', [{ n: 100 }, { n: 101 }], { concurrency: 1 }));
      const [settled, map] = await run(
        Promise.all([Promise.allSettled(submits), Promise.allSettled([mapped])]),
      );
      for (const [n, one] of settled.entries()) {
        if (one.status === 'rejected')
          expect(isConclaveError(one.reason, 'BrokerUnavailable'), String(one.reason)).to.equal(true);
        else if (n % 7 === 6)
          expect(await run(rejection(one.value.result()))).to.include({ code: 'HandlerFailed' });
        else expect(await run(one.value.result())).to.equal(n);
      }
      if (map[0]?.status === 'fulfilled') expect(map[0].value).to.deep.equal([100, 101]);
      else expect(map[0]?.reason).to.include({ code: 'BrokerUnavailable' });
      const report = await run(coalition.shutdown({ graceMs: 3 * LEASE_MS }));
      const accepted = settled.filter(({ status }) => status === 'fulfilled').length;
      expect(report.completed + report.deadLettered).to.be.within(accepted, accepted + 2);
      expect(report).to.include({ requeued: 0, abandoned: 0 });
      const texts = (await store.read({})).map(({ text }) => text);
      expect(new Set(texts).size).to.equal(texts.length);
      const answered = settled.flatMap(({ status }, n) =>
        status === 'fulfilled' && n % 7 !== 6 ? [`claim ${n}`] : [],
      );
      expect(texts).to.include.members(answered);
      expect(
        faults.every((fault) => isConclaveError(fault, 'BrokerUnavailable')),
        String(faults),
      ).to.equal(true);
      await close();
    };
    const property = fc.asyncProperty(
      fates,
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      fc.boolean(),
      check,
    );
    await fc.assert(property, { numRuns: 60 });
  });

  it('repeats an unknown publish with the same identity before it sends a later one', async () => {
    const { broker, start, close } = world();
    const { coalition, run } = await start();
    let publishes = 0;
    broker.fate = (call) => {
      if (call === 'publish') publishes += 1;
      return call === 'publish' && publishes <= 3 ? 'unanswered' : 'answered';
    };
    const early = coalition.submit('job', { n: 1 });
    await Promise.resolve();
    await Promise.resolve();
    const late = coalition.submit('job', { n: 2 }, { waitMs: 1_000 });
    const tasks = await run(Promise.all([early, late]));
    expect(await run(Promise.all(tasks.map((task) => task.result())))).to.deep.equal([1, 2]);
    expect(await run(coalition.shutdown())).to.include({ completed: 2 });
    await close();
  });

  it('refuses at once, while nobody knows what became of those before, and waits for who would wait', async () => {
    const { clock, broker, start, close } = world();
    const { coalition, run } = await start();
    let isDown = true;
    broker.fate = (call) => (isDown && call === 'publish' ? 'unreached' : 'answered');
    const first = rejection(coalition.submit('job', { n: 1 }));
    await clock.settle();
    const sinceMs = clock.nowMs();
    expect(await run(rejection(coalition.submit('job', { n: 2 })))).to.include({ code: 'BrokerUnavailable' });
    expect(clock.nowMs() - sinceMs).to.be.below(50);
    const patient = coalition.submit('job', { n: 3 }, { waitMs: 60_000 });
    expect(await run(first)).to.include({ code: 'BrokerUnavailable' });
    expect(clock.nowMs() - sinceMs).to.be.within(1_900, 3_000);
    isDown = false;
    const task = await run(patient);
    expect(await run(task.result())).to.equal(3);
    expect(await run(coalition.shutdown())).to.include({ completed: 1, cancelled: 0 });
    await close();
  });

  it('tells of an outage once, and goes on when it is over', async () => {
    const { clock, broker, start, close } = world();
    const { coalition, run, faults } = await start();
    broker.fate = () => 'unreached';
    await clock.advance(20_000);
    expect(faults.map(String).filter((fault) => fault.includes('receive'))).to.have.length.within(1, 4);
    const told = faults.length;
    broker.fate = () => 'answered';
    const task = await run(coalition.submit('job', { n: 1 }, { waitMs: 1_000 }));
    expect(await run(task.result())).to.equal(1);
    expect(faults).to.have.length(told);
    await run(coalition.shutdown());
    await close();
  });

  it('is shut down in time when its broker is gone for good, and says what is still there', async () => {
    const { clock, broker, start, close } = world();
    const { coalition, run } = await start();
    const task = await run(coalition.submit('job', { n: 1 }, { delayMs: 1_000 }));
    broker.fate = () => 'unreached';
    const sinceMs = clock.nowMs();
    const report = await run(coalition.shutdown({ graceMs: 500 }));
    expect(report).to.deep.equal({ completed: 0, requeued: 1, deadLettered: 0, abandoned: 0, cancelled: 0 });
    expect(await rejection(task.result())).to.include({ code: 'ShuttingDown' });
    expect(clock.nowMs() - sinceMs).to.be.below(10_000);
    broker.fate = () => 'answered';
    await close();
  });

  it('fails what a broker that delivers at most once has lost', async () => {
    const { clock, broker, start, close } = world({ durable: false, shared: false });
    Object.assign(broker.capabilities, { delivery: 'at-most-once' });
    const { coalition, run } = await start();
    const task = await run(coalition.submit('job', { n: 1 }, { delayMs: 5_000 }));
    const letters = broker.deadLetters.bind(broker);
    broker.deadLetters = async (queue) => {
      const envelope = { ...(await lostEnvelope()) };
      return [
        ...(await letters(queue)),
        { id: envelope.id, envelope, failures: 0, crashes: 0, reason: 'the actor died' },
      ];
    };
    const lostEnvelope = async () => {
      const { testEnvelope } = await import('../../../lib/testing/envelopes.js');
      const [producer = '', seq = ''] = task.id.split(':');
      return testEnvelope(Number(seq), { producer, id: task.id as never, agent: 'job' });
    };
    let isDown = true;
    broker.fate = (call) => (isDown && call === 'receive' ? 'unreached' : 'answered');
    await clock.advance(300);
    isDown = false;
    const error = await run(rejection(task.result({ timeoutMs: 2_000 })));
    expect(error).to.include({ code: 'BrokerUnavailable' });
    expect(error.message).to.match(/was lost with its queue: the actor died/);
    await run(coalition.shutdown({ graceMs: 0 }));
    await close();
  });
});
