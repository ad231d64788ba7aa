import { expect } from 'chai';
import { type Lease, LeaseTable } from '../../../lib/brokers/lease-table.js';
import { MessagePages } from '../../../lib/brokers/message-pages.js';
import { testEnvelope } from '../../../lib/testing/index.js';

/** A table, and the messages 1 to `count`, all given out under one lease until 50. */
function tableOf(count: number): LeaseTable {
  const pages = new MessagePages<Lease>();
  const table = new LeaseTable(pages, '');
  const seqs = Array.from({ length: count }, (_, at) => at + 1);
  for (const seq of seqs) pages.put(seq, testEnvelope(seq), true);
  table.giveOut(seqs, 'ada', 50);
  return table;
}

describe('LeaseTable', () => {
  it('keeps no lease under which nothing is left, so that settled work leaves nothing behind', () => {
    const table = tableOf(2);
    table.release(1);
    expect(table.nextMs).to.equal(50);
    table.release(2);
    expect(table.nextMs).to.equal(Number.POSITIVE_INFINITY);
    expect(table.length).to.equal(0);
  });

  it('moves what is extended to a lease of its own', () => {
    const table = tableOf(3);
    table.extend([2, 2], 80);
    expect(table.takeExpired(50).map(({ seq }) => seq)).to.deep.equal([1, 3]);
    expect(table.nextMs).to.equal(80);
    expect(table.has({ seq: 2, token: 'ada#1' })).to.equal(true);
    expect(table.takeExpired(80).map(({ seq }) => seq)).to.deep.equal([2]);
    expect(table.length).to.equal(0);
  });
});
