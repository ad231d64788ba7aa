import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

describe('example 01', () => {
  it('shows an actor asked, broken, and put back with its mailbox kept', async () => {
    const script = fileURLToPath(new URL('../../examples/01-supervised-actor.js', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { timeout: 45_000 });
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      'opened 2 times',
      'dead letter: FORCE, crashed',
      'door is put back, time 1',
      'a new door, opened 1 time',
      'dead letter: CLOSE, stopped',
      'stopped; the door takes no more: false',
    ]);
    expect(stderr).to.equal('');
  });
});
