import { expect } from 'chai';
import fc from 'fast-check';
import type { Io } from '../../../lib/cli/io.js';
import { StressRun, type Tally } from '../../../lib/cli/stress-run.js';
import type { MapOutcome } from '../../../lib/coalition/map/map-options.js';

type Answers = (sent: readonly number[]) => Iterable<MapOutcome<number>>;

const answer = (index: number, value = index): MapOutcome<number> => ({ index, status: 'fulfilled', value });

/** Counts what those answers come to, and notes what was told and when a worker was killed. */
async function stress(messages: number, answers: Answers, crashAfter?: number) {
  const told: string[] = [];
  const killedAfter: number[] = [];
  let heard = 0;
  const controller = new AbortController();
  const io: Io = {
    stdout: () => {},
    stderr: () => {},
    isTerminal: false,
    columns: () => 80,
    signal: controller.signal,
    fail: (line) => told.push(line),
  };
  const run = new StressRun({
    messages,
    crashAfter,
    io,
    kill: async () => {
      killedAfter.push(heard);
      return 'worker-1: killed';
    },
    async *answers(inputs) {
      const sent = [];
      for (const { n } of inputs) {
        sent.push(n);
        if (sent.length === 5 && messages > 5) controller.abort();
      }
      for (const outcome of answers(sent)) {
        heard += 1;
        yield outcome;
      }
    },
  });
  const { durationS, ...tally }: Tally = await run.run();
  expect(durationS).to.be.within(0, 60);
  return { tally, told, killedAfter };
}

describe('a stress', () => {
  it('counts by number what was answered, in whatever order, and what came twice', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { maxLength: 20 }), async (order) => {
        const { tally, told } = await stress(5, () => order.map((n) => answer(n)));
        const delivered = new Set(order).size;
        const duplicated = order.length - delivered;
        expect(tally).to.deep.equal({ sent: 5, delivered, duplicated, death: undefined });
        expect(told).to.deep.equal([]);
      }),
    ));

  it('does not take the answer to another message for a delivery, nor one that was given up', async () => {
    const error = new Error('it died five times');
    const { tally, told } = await stress(3, () => [
      answer(0),
      answer(1, 2),
      { index: 2, status: 'rejected', error },
    ]);
    expect(tally).to.include({ sent: 3, delivered: 1, duplicated: 0 });
    expect(told).to.deep.equal(['message 1 came back as 2', 'a message was given up: it died five times']);
  });

  it('kills one worker, once, after so many deliveries', async () => {
    const { tally, killedAfter } = await stress(5, () => [0, 1, 2, 2, 3, 4].map((n) => answer(n)), 3);
    expect(tally).to.include({ delivered: 5, duplicated: 1, death: 'worker-1: killed' });
    expect(killedAfter).to.deep.equal([3]);
  });

  it('sends nothing more once it is asked to end, and waits for what it has sent', async () => {
    const { tally } = await stress(1_000, (sent) => sent.map((n) => answer(n)));
    expect(tally).to.include({ sent: 5, delivered: 5 });
  });
});
