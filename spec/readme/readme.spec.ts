import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--types', 'node'];
const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--module', 'nodenext'];

/** The TypeScript blocks of the README, in order. */
function blocks(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? '');
}

/** A user's project: the package as an installed dependency, and these files, compiled as a user would and run. */
async function printed(files: Readonly<Record<string, string>>, main: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-readme-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'conclave'), 'dir');
    symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'dir');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    await run(compiler, [...strict, ...target, ...Object.keys(files)], { cwd: folder });
    const { stdout } = await run(process.execPath, [main], { cwd: folder });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the README', function () {
  this.timeout(60_000);
  const [agents = '', coalition = '', actor = '', ...more] = blocks();

  it('has the blocks that are run here, and no other', () => {
    expect([agents.length > 0, coalition.length > 0, actor.length > 0, more]).to.deep.equal([
      true,
      true,
      true,
      [],
    ]);
  });

  it('embeds a coalition as it says', async () => {
    const stdout = await printed({ 'agents.ts': agents, 'main.ts': coalition }, 'main.js');
    expect(stdout.replaceAll(/\s+/g, ' ').trim()).to.equal(
      '144 1 4 9 { completed: 4, requeued: 0, deadLettered: 0, abandoned: 0, cancelled: 0 }',
    );
  });

  it('runs a supervised actor as it says', async () => {
    expect(await printed({ 'actor.ts': actor }, 'actor.js')).to.equal('1\n');
  });
});
