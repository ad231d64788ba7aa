import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

describe('example 02', () => {
  it('shows plain functions on processes, asked one by one and mapped in order', async () => {
    const script = fileURLToPath(new URL('../../examples/02-functions-on-processes.js', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { timeout: 45_000 });
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      '4 words',
      'counted in another process: true',
      '1000 lines counted, in order: true',
      '1002 tasks completed, 0 abandoned',
    ]);
    expect(stderr).to.equal('');
  });
});
