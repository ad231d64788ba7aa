import { expect } from 'chai';
import { playRound } from './round.js';

describe('a round of chaos', () => {
  it('is clean where a broker may be stopped and no more', async () => {
    const report = await playRound({ broker: 'memory', seed: 1, seconds: 3, kinds: ['stop party'] });
    expect(report.objections).to.deep.equal([]);
    expect(report.faults.length).to.be.greaterThan(0);
    expect(report.verdict.accepted).to.be.greaterThan(100);
  });

  it('finds what a broker that keeps nothing has lost, and says what was done to it', async () => {
    const report = await playRound({ broker: 'memory', seed: 2, seconds: 3, kinds: ['kill party'] });
    expect(report.verdict.lost).not.to.deep.equal([]);
    expect(report.objections.join('\n')).to.match(/lost: party-0/);
    expect(report.log.join('\n')).to.match(/kill party 0, for \d+ ms/);
  });
});
