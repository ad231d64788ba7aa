import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Claim } from '../../../lib/storage/contract.js';
import { openClaimStore } from '../../../lib/storage/open.js';
import { runConclave, startConclave } from './spawn-command.js';

function claim(index: number, text: string): Claim {
  const sources = [{ file: 'notes.md', line: index, quote: `quote ${index}` }];
  return {
    id: `c-${index}`,
    coalition: 'specs',
    loop: 1,
    agent: 'writer',
    text,
    sources,
    verdict: 'supported',
  };
}

describe('conclave claims', () => {
  let folder: string;
  let store: string;

  /* More than a page, so that the pages join into one document. */
  const written = Array.from({ length: 2_345 }, (_, at) =>
    claim(at + 1, at === 2_000 ? 'The \u001b[31m lynx\nsleeps.' : `Hares run, ${at} of them.`),
  );

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-claims-'));
    store = `file:${join(folder, 'claims.db')}`;
    const writer = await openClaimStore(store);
    await writer.append(written, { coalition: 'specs', epoch: 1 });
    await writer.close();
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints every claim in the order written, as one JSON document', async () => {
    const { code, stdout, stderr } = await runConclave('claims', '--store', store, '--json');
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).to.deep.equal({ claims: written });
    expect(stdout.endsWith(']}\n')).to.equal(true);
  });

  it('finds claims by their words', async () => {
    const { stdout } = await runConclave('claims', '--store', store, '--search', 'lynx', '--json');
    expect(JSON.parse(stdout)).to.deep.equal({ claims: [written[2_000]] });
    const none = await runConclave('claims', '--store', store, '--search', 'walrus', '--json');
    expect(none).to.deep.equal({ code: 0, stdout: '{"claims":[]}\n', stderr: '' });
  });

  it('prints no more than asked for', async () => {
    const { stdout } = await runConclave('claims', '--store', store, '--limit', '1001', '--json');
    expect(JSON.parse(stdout)).to.deep.equal({ claims: written.slice(0, 1_001) });
  });

  it('prints words that cannot steer the terminal', async () => {
    const { stdout } = await runConclave('claims', '--store', store, '--search', 'lynx');
    expect(stdout).to.equal(
      'The [31m lynx sleeps. [supported] (writer, loop 1)\n    notes.md:2001 "quote 2001"\n',
    );
  });

  it('stops when nobody reads on', async () => {
    const command = startConclave('claims', '--store', store);
    await command.said('stdout', 'Hares');
    command.child.stdout.destroy();
    const { code, stderr } = await command.ended;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('refuses what is no store, and creates none', async () => {
    const missing = join(folder, 'missing.db');
    for (const wrong of ['memory', 'file:', 'redis://localhost', `file:${folder}`, `file:${missing}`]) {
      const { code, stdout, stderr } = await runConclave('claims', '--store', wrong);
      expect({ wrong, code, stdout }).to.deep.equal({ wrong, code: 2, stdout: '' });
      expect(stderr).to.match(/^conclave: [^\n]+\n$/);
    }
    const again = await runConclave('claims', '--store', `file:${missing}`);
    expect(again.code).to.equal(2);
  });
});
