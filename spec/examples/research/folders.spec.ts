import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { systemClock } from 'conclave';
import { findingsIn } from '../../../examples/research/findings.js';
import { FILE_BYTES_MAX, readText } from '../../../examples/research/read.js';
import { emptyTally } from '../../../examples/research/walk.js';
import { ask, type Inquiry } from './inquiry.js';

const QUESTION = 'When does the kettle boil water?';
const ANSWER = 'The kettle boils water at noon.';

describe('folders of any kind', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'research-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (name: string, content: string | Uint8Array) => {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  };
  const asked = () => ask(folder, QUESTION, { loops: 1 });

  it('empty: nothing found', async () => {
    const { claims, answer } = await asked();
    expect(claims).to.deep.equal([]);
    expect(answer).to.match(/^Nothing found.*\nRead 0 documents, 0 passages\.$/);
  });

  it('binaries alone: skipped and counted', async () => {
    await write('a.md', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3]));
    await write('b.txt', Buffer.from(ANSWER, 'utf16le'));
    await write('c.png', ANSWER);
    const inquiry = await asked();
    expect(inquiry.claims).to.deep.equal([]);
    expect(tallyOf(inquiry)).to.include({ read: 0, binary: 2 });
    expect(inquiry.answer).to.include('passed over 2 binary');
  });

  it('a file of 5 MB: skipped and counted, one of the largest size read', async () => {
    await write('huge.md', `${ANSWER}\n`.repeat((5 * 2 ** 20) / 32));
    await write('large.md', `${ANSWER}\n\n`.padEnd(FILE_BYTES_MAX, 'x'));
    const inquiry = await asked();
    expect(placesIn(inquiry)).to.deep.equal(['large.md:1']);
    expect(tallyOf(inquiry)).to.include({ read: 1, oversized: 1 });
  });

  it('bytes that are not UTF-8: their sentence is not quoted, its neighbour is', async () => {
    await write(
      'latin.md',
      Buffer.from(`The caf\u00e9's kettle boils water at ten.\n\n${ANSWER}\n`, 'latin1'),
    );
    expect(placesIn(await asked())).to.deep.equal(['latin.md:3']);
  });

  it('CRLF, lone CR and a byte order mark: lines are counted as an editor counts them', async () => {
    await write('crlf.md', `\uFEFF# Tea\r\n\r\n${ANSWER}\r\n`);
    await write('mark.md', `\uFEFFIn summer the kettle boils water at ten.\n`);
    await write('mac.txt', `Tea\r\rIn winter the kettle boils water at two.\r`);
    expect(placesIn(await asked()).sort()).to.deep.equal(['crlf.md:3', 'mac.txt:3', 'mark.md:1']);
  });

  it('very long lines: sentences in them are found, what never ends is not quoted', async () => {
    const filler = 'Some other sentence stands here. ';
    await write('line.md', `${filler.repeat(4_000)}${ANSWER} ${filler.repeat(4_000)}\n`);
    await write('endless.md', `the kettle boils water ${'and on '.repeat(100_000)}\n`);
    const inquiry = await asked();
    expect(inquiry.claims.map(({ sources }) => sources?.[0]?.quote)).to.deep.equal([ANSWER]);
  });

  it('one paragraph as long as a file may be: in time that grows with its length', async () => {
    await write('long.md', `${ANSWER}\n`.repeat(FILE_BYTES_MAX / 32 - 1));
    const startMs = systemClock.nowMs();
    expect(placesIn(await asked())).to.deep.equal(['long.md:1']);
    expect(systemClock.nowMs() - startMs).to.be.below(10_000);
  });

  it('dot-folders, node_modules, dist and build below the root: not read', async () => {
    for (const name of ['.git', '.cache', 'node_modules', 'sub/node_modules', 'dist', 'build'])
      await write(`${name}/page.md`, ANSWER);
    expect((await asked()).claims).to.deep.equal([]);
    const inside = await ask(join(folder, 'node_modules'), QUESTION, { loops: 1 });
    expect(inside.claims).to.have.length(1);
  });

  it('links: a loop ends, one that leads out or nowhere is counted, one inside is followed once', async () => {
    await write('pages/page.md', ANSWER);
    await symlink('..', join(folder, 'pages', 'up'));
    await mkdir(join(folder, 'pages', 'deep'));
    await symlink('..', join(folder, 'pages', 'deep', 'back'));
    await symlink(folder, join(folder, 'self'));
    await symlink(tmpdir(), join(folder, 'out'));
    await symlink('nowhere', join(folder, 'dangling.md'));
    const inquiry = await asked();
    expect(placesIn(inquiry)).to.deep.equal(['pages/page.md:1']);
    expect(tallyOf(inquiry)).to.include({ read: 1, links: 5 });
  });

  it('files that cannot be read: counted', async () => {
    const tally = emptyTally();
    expect(await readText(join(folder, 'vanished.md'), tally)).to.equal(undefined);
    expect(tally).to.include({ read: 0, unreadable: 1 });
  });

  it('a folder named like a document: walked, not read', async () => {
    await write('notes.md/page.md', ANSWER);
    expect(placesIn(await asked())).to.deep.equal(['notes.md/page.md:1']);
  });

  it('code, headings, comments and front matter: no claims', async () => {
    await write('a.md', `---\ntitle: ${ANSWER}\n---\n\n# ${ANSWER}\n\n<!-- ${ANSWER} -->\n\n    ${ANSWER}\n`);
    await write(
      'b.md',
      `${'```'}\n${ANSWER}\n${'```'}\n\n${ANSWER}\n=====\n\nDoes the kettle boil water at noon?\n`,
    );
    expect((await asked()).claims).to.deep.equal([]);
  });

  it('3,000 small files: within seconds, without holding their text', async function () {
    this.timeout(60_000);
    const filler = 'Nothing here is about tea, and all of it is about the weather of last week. '.repeat(40);
    for (let group = 0; group < 30; group += 1) {
      await mkdir(join(folder, `group-${group}`));
      const names = Array.from({ length: 100 }, (_, file) => `group-${group}/page-${file}.md`);
      await Promise.all(
        names.map((name) => writeFile(join(folder, name), `# Page\n\n${filler}\n\nThe kettle is off.\n`)),
      );
    }
    await write('group-7/page-7.md', `# Page\n\n${filler}\n\n${ANSWER}\n`);
    const startMs = systemClock.nowMs();
    const heapBefore = process.memoryUsage().heapUsed;
    const inquiry = await asked();
    expect(placesIn(inquiry)[0]).to.equal('group-7/page-7.md:5');
    expect(tallyOf(inquiry).read).to.equal(3_000);
    expect(systemClock.nowMs() - startMs).to.be.below(20_000);
    expect((process.memoryUsage().heapUsed - heapBefore) / 2 ** 20).to.be.below(200);
  });
});

function tallyOf({ state }: Inquiry) {
  return findingsIn(state).tally;
}

function placesIn({ claims }: Inquiry): string[] {
  return claims.map(({ sources }) => `${sources?.[0]?.file}:${sources?.[0]?.line}`);
}
