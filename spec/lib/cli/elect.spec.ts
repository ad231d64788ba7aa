import { expect } from 'chai';
import { runConclave } from './spawn-command.js';

describe('conclave elect', () => {
  const elections: readonly (readonly [string[], string])[] = [
    [['c', 'b', 'a'], '{"leader":"a","comparisons":2}'],
    [['10', '9'], '{"leader":9,"comparisons":1}'],
    [['10', '9', 'x'], '{"leader":"10","comparisons":2}'],
    [['-1', '2'], '{"leader":-1,"comparisons":1}'],
    [['only'], '{"leader":"only","comparisons":0}'],
    [['99999999999999999999', '99999999999999999998'], '{"leader":"99999999999999999998","comparisons":1}'],
  ];
  for (const [ids, json] of elections) {
    it(`of ${ids.join(' ')}`, async () => {
      expect(await runConclave('elect', ...ids, '--json')).to.deep.equal({
        code: 0,
        stdout: `${json}\n`,
        stderr: '',
      });
    });
  }

  it('in words', async () => {
    const { code, stdout } = await runConclave('elect', 'b', 'a');
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: 'a leads, after 1 comparison\n' });
  });

  it('refuses a candidate that comes twice', async () => {
    const { code, stdout, stderr } = await runConclave('elect', 'a', 'b', 'a');
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
    expect(stderr).to.match(/^conclave: [^\n]*'a'[^\n]*twice[^\n]*\n$/);
  });
});
