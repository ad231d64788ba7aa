import { expect } from 'chai';
import fc from 'fast-check';
import { TaskTable } from '../../../../lib/coalition/tasks/task-table.js';
import { encode } from '../../../../lib/core/value.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { delivery } from '../fakes.js';

function bench() {
  const counts = { submitted: 0, settled: 0, calls: 0 };
  const counter = {
    submitted: (count: number) => {
      counts.submitted += count;
      counts.calls += 1;
    },
    settled: (count: number) => {
      counts.settled += count;
      counts.calls += 1;
    },
  };
  const table = new TaskTable('producer', counter, queueMicrotask);
  const heard: string[] = [];
  const owner = {
    answered: (seq: number) => heard.push(`${seq} answered`),
    failed: (seq: number, error: Error) => heard.push(`${seq} ${error.message}`),
  };
  return { table, counts, heard, owner };
}

const answer = (seq: number) => ({ delivery: delivery(seq), value: encode(seq) });

describe('task table', () => {
  it('tells who still waits which attempt is to come', () => {
    const { table, heard, owner } = bench();
    const retried = (seq: number, attempt: number) => heard.push(`${seq} again, ${attempt}`);
    table.expect([testEnvelope(1)], { ...owner, retried });
    table.expect([testEnvelope(2)], owner); // does not care
    table.retried(delivery(1));
    table.retried(delivery(1, { failures: 1, crashes: 2 }));
    table.retried(delivery(2));
    table.retried(delivery(1, { envelope: testEnvelope(1, { producer: 'another' }) }));
    table.forget([1]);
    table.retried(delivery(1));
    expect(heard).to.deep.equal(['1 again, 2', '1 again, 5']);
  });

  it('tells each owner once, and counts the first ending alone', () => {
    const { table, heard, owner } = bench();
    table.expect(
      [1, 2, 3].map((seq) => testEnvelope(seq)),
      owner,
    );
    expect(table.answered([answer(2), answer(2), answer(9)])).to.equal(1);
    expect(table.failed(delivery(1), new Error('x'))).to.equal(1);
    expect(table.failed(delivery(1), new Error('y'))).to.equal(0);
    expect(table.isWanted(delivery(2))).to.equal(false);
    expect(table.isWanted(delivery(3))).to.equal(true);
    expect(table.failAll(new Error('over'))).to.equal(1);
    expect(heard).to.deep.equal(['2 answered', '1 x', '3 over']);
    expect(table.size).to.equal(0);
  });

  it('finds who waits for a pending task by its produced id, and by no other', () => {
    const { table, owner } = bench();
    table.expect([testEnvelope(7)], owner);
    expect(table.idOf(7)).to.equal('producer:7');
    expect(table.ownerOf('producer:7')).to.equal(owner);
    for (const id of ['producer:8', 'producer:07', 'producer:7 ', 'producer:', 'other:7', '7', ''])
      expect(table.ownerOf(id), id).to.equal(undefined);
    table.answered([answer(7)]);
    expect(table.ownerOf('producer:7')).to.equal(undefined);
  });

  it('wants, and does not touch, the tasks of another producer', () => {
    const { table, heard, owner } = bench();
    table.expect([testEnvelope(1)], owner);
    const foreign = delivery(1, { envelope: testEnvelope(1, { producer: 'other' }) });
    expect(table.isWanted(foreign)).to.equal(true);
    const unknown = delivery(9, { envelope: testEnvelope(9, { producer: 'other' }) });
    expect(table.isWanted(unknown)).to.equal(true);
    expect(table.answered([{ delivery: foreign, value: encode(1) }])).to.equal(0);
    expect(table.failed(foreign, new Error('x'))).to.equal(0);
    expect(heard).to.deep.equal([]);
  });

  it('says in the end that as many were settled as submitted, in one go a tick', async () => {
    const step = fc.constantFrom('expect', 'answer', 'fail', 'forget', 'turn');
    const run = async (steps: readonly string[]) => {
      const { table, counts, owner } = bench();
      let [seq, ticks] = [0, 1];
      for (const type of steps) {
        if (type === 'expect') {
          table.expect([testEnvelope(seq + 1), testEnvelope(seq + 2)], owner);
          seq += 2;
        }
        if (type === 'answer') table.answered([answer(Math.ceil(seq / 2))]);
        if (type === 'fail') table.failed(delivery(Math.ceil(seq / 3)), new Error('x'));
        if (type === 'forget') table.forget([1, seq]);
        if (type !== 'turn') continue;
        ticks += 1;
        await Promise.resolve();
      }
      await Promise.resolve();
      expect(counts.submitted - counts.settled).to.equal(table.size);
      expect(counts.calls).to.be.at.most(2 * ticks);
      table.failAll(new Error('over'));
      table.tell();
      expect(counts).to.include({ submitted: seq, settled: seq });
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), run), { numRuns: 200 });
  });
});
