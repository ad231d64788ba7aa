import { expect } from 'chai';
import fc from 'fast-check';
import { measure, median } from './measure.js';
import { nodeSide, type Row } from './row.js';
import { tableOf } from './table.js';

const side = (name: string, figures: readonly number[]) => nodeSide(name, 'fakes', 'counted', { figures });

function row(fields: Partial<Row> = {}): Row {
  return {
    name: 'fake',
    unit: 'things/s',
    better: 'more',
    conclave: side('conclave', [1, 9, 30, 10, 20]),
    ...fields,
  };
}

const rounds = { warmUp: 2, counted: 3 };

describe('the frame of benchmarks', () => {
  it('plays every side in turn, leaves the warm-up out, and compares medians', async () => {
    const peer = side('peer', [100, 100, 5, 10, 0]);
    const limit = side('limit', [0, 0, 40, 41, 4]);
    expect(await measure(row({ peer, limit }), rounds)).to.deep.equal({
      name: 'fake',
      unit: 'things/s',
      conclave: 20,
      peer: 5,
      peerName: 'peer',
      ratio: 4,
      limit: 40,
      ofLimit: 0.5,
      goals: [],
    });
  });

  it('turns a ratio round where less is better, and has none where there is no peer', async () => {
    const limit = side('limit', [0, 0, 10, 10, 10]);
    const result = await measure(row({ better: 'less', unit: 'ms', limit }), rounds);
    expect(result).to.include({ peer: null, peerName: null, ratio: null, ofLimit: 0.5 });
    expect(tableOf([result])).to.equal(
      'row   unit  conclave  peer  ratio  limit  of limit  goals\nfake  ms          20     -      -     10     0.5 x\n',
    );
  });

  it('fails by name where a side has a wrong result, or dies', async () => {
    const outcome = (play: string, setting: object) =>
      measure(row({ peer: nodeSide('the peer', 'fakes', play, setting) }), rounds).then(String, String);
    expect(await outcome('wrong', { error: '3 messages instead of 4' })).to.include(
      'the peer: 3 messages instead of 4',
    );
    expect(await outcome('dying', {})).to.include('the peer has ended: out of luck');
    expect(await outcome('unknown', {})).to.include('has no play named unknown');
  });

  it('takes a middle that half of the figures are not above and half not below', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 15 }), (figures) => {
        const middle = median(figures);
        const half = figures.length / 2;
        expect(figures.filter((figure) => figure < middle).length).to.be.at.most(half);
        expect(figures.filter((figure) => figure > middle).length).to.be.at.most(half);
      }),
    );
  });
});
