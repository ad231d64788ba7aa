import { expect } from 'chai';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { Settlement } from '../../../../lib/coalition/dispatch/settlement.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import type { Tries } from '../../../../lib/core/message.js';
import { seededRandom } from '../../../../lib/core/random.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { type Fate, FaultyBroker } from '../faulty-broker.js';
import { drive } from '../inline.js';

/** What becomes of a task that fails once. */
async function failed(tries: Tries, error: Error): Promise<string[]> {
  const clock = new ManualClock();
  const broker = new InMemoryBroker({ clock });
  const told: string[] = [];
  const settlement = new Settlement({
    broker,
    queue: 'q',
    retryOf: () => ({ attempts: 3, backoff: { type: 'fixed', delayMs: 20 } }),
    sink: {
      answered: async () => {},
      chunkAnswered: async () => {},
      refusalOf: () => undefined,
      kept: () => undefined,
      retried: (_, { message }, delayMs) => told.push(`${message} again in ${delayMs}`),
      deadLettered: (_, { message }) => told.push(`${message} for good`),
    },
    onBuried: ({ seq }) => told.push(`buried ${seq}`),
    onError: (failure) => told.push(String(failure)),
    random: seededRandom(1),
    clock,
    limits: { leaseMs: 1_000 },
  });
  await broker.publish('q', [testEnvelope(1, { tries })]);
  const [delivery] = await broker.receive('q', { consumer: 'c', max: 1, waitMs: 0, leaseMs: 1_000 });
  if (delivery !== undefined) await settlement.refuse([{ delivery, error }], 'failure');
  return told;
}

/** One delivery, settled while the broker has this in store for the calls of one kind, the first ones first. */
async function settledUnder(call: 'ack' | 'nack', fates: readonly Fate[], attempts = 1) {
  const clock = new ManualClock();
  const broker = new FaultyBroker(new InMemoryBroker({ clock }), {});
  const left = [...fates];
  broker.fate = (name) => (name === call ? (left.shift() ?? 'answered') : 'answered');
  const [told, errors]: [string[], unknown[]] = [[], []];
  const settlement = new Settlement({
    broker,
    queue: 'q',
    retryOf: () => ({ attempts, backoff: { type: 'fixed', delayMs: 0 } }),
    sink: {
      answered: async () => void told.push('answered'),
      chunkAnswered: async () => {},
      refusalOf: () => undefined,
      kept: () => undefined,
      retried: () => told.push('retried'),
      deadLettered: () => told.push('for good'),
    },
    onError: (error) => errors.push(error),
    random: seededRandom(1),
    clock,
    limits: { leaseMs: 1_000 },
  });
  await broker.publish('q', [testEnvelope(1)]);
  const [delivery] = await broker.receive('q', { consumer: 'c', max: 1, waitMs: 0, leaseMs: 1_000 });
  if (delivery === undefined) throw new Error('nothing was given out');
  const settle = () =>
    call === 'ack'
      ? settlement.answer([{ delivery, value: encode(1), claims: [] }])
      : settlement.refuse([{ delivery, error: new Error('boom') }], 'failure');
  return { clock, broker, settlement, settle, told, errors };
}

describe('settlement', () => {
  for (const fate of ['unreached', 'unanswered'] as const) {
    it(`is repeated while the lease lasts, and tells nobody twice (${fate})`, async () => {
      const { clock, broker, settle, told, errors } = await settledUnder('ack', [fate, fate, fate]);
      await drive(clock, settle());
      expect(await broker.depth('q')).to.include({ ready: 0, inFlight: 0 });
      expect({ told, errors }).to.deep.equal({ told: ['answered'], errors: [] });
    });

    it(`tells of a task that failed for good once, though nobody heard the broker say so (${fate})`, async () => {
      const { clock, broker, settle, told, errors } = await settledUnder('nack', [fate, fate]);
      await drive(clock, settle());
      expect(await broker.deadLetters('q')).to.have.length(1);
      expect({ told, errors }).to.deep.equal({ told: ['for good'], errors: [] });
    });
  }

  it('is given up when the lease is over, and at once after its end', async () => {
    const down = Array.from({ length: 100 }, (): Fate => 'unreached');
    const waiting = await settledUnder('ack', down);
    await drive(waiting.clock, waiting.settle());
    expect(waiting.clock.nowMs()).to.be.within(500, 1_500);
    expect(waiting.errors).to.have.length(1);
    const closed = await settledUnder('ack', down);
    closed.settlement.close();
    await drive(closed.clock, closed.settle());
    expect(closed.clock.nowMs()).to.be.below(100);
    expect(closed.errors).to.have.length(1);
  });

  it('tries a task as its agent says, or as it says itself', async () => {
    const boom = new Error('boom');
    expect(await failed({}, boom)).to.deep.equal(['boom again in 20']);
    expect(await failed({ backoff: { type: 'fixed', delayMs: 7 } }, boom)).to.deep.equal(['boom again in 7']);
    expect(await failed({ attempts: 1 }, boom)).to.deep.equal(['boom for good', 'buried 1']);
  });

  it('buries at once a payload that its agent does not take', async () => {
    const refused = new ConclaveError('InvalidPayload', 'no number');
    expect(await failed({ attempts: 9 }, refused)).to.deep.equal(['no number for good', 'buried 1']);
  });
});
