import { expect } from 'chai';
import { type Leasable, LeaseTable } from '../../../lib/brokers/lease-table.js';

function item(seq: number): Leasable {
  return { seq, token: `ada#${seq}`, lease: undefined, leaseAt: -1 };
}

describe('LeaseTable', () => {
  it('keeps no lease under which nothing is left, so that settled work leaves nothing behind', () => {
    const table = new LeaseTable<Leasable>();
    const [one, two] = [item(1), item(2)];
    table.grant([one, two], 50);
    table.release(one);
    expect(table.nextMs).to.equal(50);
    table.release(two);
    expect(table.nextMs).to.equal(Number.POSITIVE_INFINITY);
    expect(table.length).to.equal(0);
  });

  it('moves what is extended to a lease of its own', () => {
    const table = new LeaseTable<Leasable>();
    const [one, two] = [item(1), item(2)];
    table.grant([one, two], 50);
    table.grant([two, two], 80);
    expect(table.takeExpired(50)).to.deep.equal([one]);
    expect(table.nextMs).to.equal(80);
    expect(table.find({ seq: 2, token: 'ada#2' })).to.equal(two);
    expect(table.takeExpired(80)).to.deep.equal([two]);
  });
});
