import { expect } from 'chai';
import { type BrokerFactory, brokerConformance } from '../../../lib/testing/index.js';
import { type Forgotten, forgetful } from './forgetful-broker.js';

const ALL: readonly Forgotten[] = ['delay', 'keys', 'priorities'];

/** The names of the tests that a broker fails, of those that apply to it. */
async function failuresOf(factory: BrokerFactory): Promise<string[]> {
  const failed: string[] = [];
  for (const test of brokerConformance(factory, { sequences: 100, seed: 7 })) {
    if (test.skipped !== undefined) continue;
    await test.run().catch(() => failed.push(test.name));
  }
  return failed;
}

describe('the conformance suite', () => {
  it('holds a broker that lacks something and says so to all the rest, the random sequences included', async function () {
    this.timeout(60_000);
    for (const lack of [...ALL.map((each) => [each]), ALL]) {
      expect(await failuresOf(forgetful(lack, true)), `without ${lack.join(', ')}`).to.deep.equal([]);
    }
  });

  it('says of each test that it skips what the broker lacks', () => {
    const tests = brokerConformance(forgetful(['keys', 'priorities'], true));
    const reasons = new Set(tests.map(({ skipped }) => skipped ?? 'forgetful lacks: '));
    const named = [...reasons].map((reason) => reason.replace('forgetful lacks: ', ''));
    const lacking = ['', ...named.filter((reason) => reason !== '').flatMap((reason) => reason.split(', '))];
    expect(new Set(lacking)).to.deep.equal(new Set(['', 'durable', 'shared', 'keys', 'priorities']));
    expect(named).to.include.members(['keys', 'priorities', 'priorities, keys', 'durable, keys']);
  });

  it('says in the name of its first test what the broker lacks', () => {
    const [first, ...rest] = brokerConformance(forgetful(['keys'], true));
    const left = rest.filter(({ skipped }) => skipped !== undefined).length;
    expect(first?.name).to.equal(
      `forgetful lacks durable, shared, keys: ${left} of ${rest.length} tests do not apply`,
    );
  });

  it('refuses a trait that it does not know', async () => {
    const factory = { ...forgetful([], true), lacks: ['colour'] };
    // A factory written in JavaScript can say anything.
    const [first] = brokerConformance(factory as unknown as BrokerFactory);
    expect(
      await first?.run().then(
        () => 'accepted',
        (error: unknown) => String(error),
      ),
    ).to.match(/what a broker may lack: answers, delay, durable/);
  });

  for (const [lack, sentence] of [
    ['delay', 'a message is ready when its delay has passed since acceptance, to the millisecond'],
    ['keys', 'of an ordering key one message is out at a time, the oldest; other keys and none flow past it'],
    ['priorities', 'first deliveries follow priority, the larger first, and among equals acceptance'],
  ] as const) {
    it(`finds out a broker that promises what it does not keep: ${lack}`, async () => {
      const failed = await failuresOf(forgetful([lack], false));
      expect(failed).to.include(sentence);
      expect(failed).to.include('answers as the model does, in 100 random sequences of 50 commands');
    });
  }

  it('finds out a broker that says of itself other than its factory does', async () => {
    const factory = { ...forgetful(['keys'], true), lacks: ['durable', 'shared'] as const };
    const failed = await failuresOf(factory);
    expect(failed).to.include('its capabilities say the same as the suite was told that it lacks');
  });
});
