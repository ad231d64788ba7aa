import { expect } from 'chai';
import { Publishing } from '../../../../lib/brokers/redis/publishing.js';
import { isConclaveError } from '../../../../lib/core/errors.js';
import { defaultLimits } from '../../../../lib/core/limits.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('publishes to Redis in flight', () => {
  it('behind one that failed end first, and the next call says what may be lost', async () => {
    const calls: { readonly said: string; answer(letters: string): void; fail(): void }[] = [];
    const publishing = new Publishing(
      defaultLimits,
      (records) =>
        new Promise((resolve, reject) => {
          const said = records.slice(0, 5).join(',');
          calls.push({ said, answer: resolve, fail: () => reject(new Error('cut')) });
        }),
    );
    const publish = async (seq: number) => {
      const outcome = publishing.publish([testEnvelope(seq)]).catch((fault: unknown) => fault);
      await turn();
      return () => outcome;
    };
    const [first, second] = [await publish(1), await publish(2)];
    expect(calls.map(({ said }) => said)).to.deep.equal(['n,producer,,1,', 'n,producer,1,2,']);
    calls[0]?.fail();
    expect(await first()).to.be.an('error');
    const third = await publish(3);
    expect(calls, 'none behind a failed one').to.have.length(2);
    calls[1]?.answer('gap');
    expect(isConclaveError(await second(), 'BrokerUnavailable')).to.equal(true);
    await turn();
    expect(calls[2]?.said).to.equal('n,producer,,3,1 2');
    calls[2]?.answer('');
    expect(await third()).to.deep.equal(['accepted']);
  });
});
