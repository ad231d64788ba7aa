import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const program = fileURLToPath(new URL('./steps-program.js', import.meta.url));

describe('the memory queue, by the steps that it takes', function () {
  this.timeout(60_000);
  let steps: Record<string, { readonly shallow: number; readonly deep: number }>;

  before(async () => {
    const { NODE_V8_COVERAGE: _, ...env } = process.env;
    const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
    steps = JSON.parse(stdout);
  });

  for (const work of [
    'publish, receive and ack',
    "publish, receive and ack, with callers' ids",
    'publish, receive and ack, while many are out',
    'receive and expiry, while many are out',
    'receive and refusal',
  ]) {
    it(`costs the same at 65,536 messages as at 2,048: ${work}`, () => {
      const { shallow, deep } = steps[work] ?? { shallow: 0, deep: 0 };
      expect(shallow).to.be.above(64);
      // Beside the messages themselves, one step of a heap for each doubling, a receive.
      expect(deep / shallow, `${deep} steps against ${shallow}`).to.be.below(1.1);
    });
  }
});
