import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

describe('example 03', () => {
  it('shows an agent retried, and a crash that harms nobody else', async () => {
    const script = fileURLToPath(new URL('../../examples/03-crash-and-retry.js', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], { timeout: 45_000 });
    expect(stdout.trimEnd().split('\n')).to.deep.equal([
      'retrying: not in the mood, attempt 1',
      'retrying: not in the mood, attempt 2',
      'Uppsala is lovely, said at attempt 3',
      'fine, at attempt 1',
      'given up: WorkerCrashed',
      '2 completed, 1 dead letter; 3 dead workers replaced',
    ]);
    expect(stderr.trimEnd().split('\n')).to.deep.equal(
      Array(3).fill("conclave: system: 'worker-1' crashed: worker-1 died: signal SIGKILL."),
    );
  });
});
