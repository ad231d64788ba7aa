import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

describe('example 05', () => {
  it('shows an agent that is a statechart, and asks an actor of the same program', async () => {
    const script = fileURLToPath(new URL('../../examples/05-statechart-agent.js', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { timeout: 45_000 });
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      '4 for Ada: shipped',
      '5 for Grace: shipped',
      '3 for Edsger: refused, sold out',
      '1 left in stock',
      '3 orders completed',
    ]);
    expect(stderr).to.equal('');
  });
});
