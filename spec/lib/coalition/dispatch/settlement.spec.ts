import { expect } from 'chai';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import { Settlement } from '../../../../lib/coalition/dispatch/settlement.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import type { Tries } from '../../../../lib/core/message.js';
import { seededRandom } from '../../../../lib/core/random.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';

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

describe('settlement', () => {
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
