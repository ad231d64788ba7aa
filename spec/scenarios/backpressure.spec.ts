import { expect } from 'chai';
import { createCoalition, isConclaveError } from '../../lib/index.js';
import { startModule } from '../lib/cli/spawn-command.js';
import { rejection } from '../lib/coalition/fakes.js';
import type * as Agents from './bulky-agents.js';
import { collect, isolations } from './coalitions.js';

const agents = new URL('./bulky-agents.js', import.meta.url);
const ANSWERS = 400;

describe('a producer that is faster than its workers', function () {
  this.timeout(60_000);

  for (const isolation of ['inline', 'process'] as const) {
    it(`is asked for no more than may be under way (${isolation})`, async () => {
      await using coalition = await createCoalition<typeof Agents>({
        agents,
        isolation,
        workers: 2,
        limits: { queueDepthMax: 40 }, // less than the window, so that the queue is what it waits for
      });
      for (const ordered of [true, false]) {
        let taken = 0;
        let answered = 0;
        let ahead = 0;
        const endless = async function* () {
          for (;;) {
            taken += 1;
            ahead = Math.max(ahead, taken - answered);
            yield { text: 'a text' };
          }
        };
        for await (const length of coalition.map('chew', endless(), { concurrency: 100, ordered })) {
          expect(length).to.equal(6);
          answered += 1;
          if (answered === ANSWERS) break;
        }
        /* One more is asked for when one is taken for yielded; the loop body counts it a moment later. */
        expect(ahead).to.be.within(50, 101);
      }
    });
  }

  const MESSAGES = '800'; // of 100 kB each
  for (const way of ['map', 'submit']) {
    it(`needs no more memory than for what is under way: 80 MB by ${way} in a heap of 64`, async () => {
      const program = new URL('./backpressure-program.js', import.meta.url);
      const small = { env: { NODE_OPTIONS: '--max-old-space-size=64' }, timeoutMs: 45_000 };
      const { code, stdout, stderr } = await startModule(program, [way, MESSAGES], small).ended;
      expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: MESSAGES, stderr: '' });
    });
  }
});

describe('a message over the size limit', function () {
  this.timeout(30_000);
  const most = 1_000;
  const text = 'x'.repeat(most);
  const isTooLarge = (error: unknown) => isConclaveError(error, 'MessageTooLarge');

  for (const isolation of isolations) {
    it(`is refused before it is sent, and the channel stays usable (${isolation})`, async () => {
      await using coalition = await createCoalition<typeof Agents>({
        agents,
        isolation,
        workers: 1,
        limits: { payloadBytesMax: most },
      });
      const before = coalition.workers;
      expect(isTooLarge(await rejection(coalition.submit('chew', { text })))).to.equal(true);
      const inputs = ['a', text, 'bc'].map((one) => ({ text: one }));
      const { message } = await rejection(coalition.submitAll('chew', inputs));
      expect(message).to.match(/^inputs\[1\]: /);
      expect(isTooLarge(await rejection(collect(coalition.map('chew', inputs))))).to.equal(true);
      const outcomes = await collect(coalition.map('chew', inputs, { onError: 'yield' }));
      expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
      const lengths = [1, most - 2, most - 1, 3, 5 * most].map((length) => ({ length }));
      const swollen = await collect(coalition.map('swell', lengths, { onError: 'yield' }));
      expect(
        swollen.map((one) => (one.status === 'fulfilled' ? one.value.length : code(one.error.cause))),
      ).to.deep.equal([1, most - 2, 'MessageTooLarge', 3, 'MessageTooLarge']);
      expect(await (await coalition.submit('chew', { text: 'still there' })).result()).to.equal(11);
      expect(coalition.workers).to.deep.equal(before);
    });
  }
});

function code(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : error;
}
