import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { publint } from 'publint';
import { needService } from '../services/needs.js';
import { node24 } from '../services/node-24.js';
import { isDemanded } from '../services/service.js';
import { isOffline, type PackedPackage, packAndInstall } from './packed.js';
import {
  agentsProgram,
  driverProgram,
  importProgram,
  listingProgram,
  requireProgram,
  typedProgram,
} from './programs.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = join(root, 'node_modules', '.bin', 'tsc');
const attw = fileURLToPath(
  new URL('dist/index.js', import.meta.resolve('@arethetypeswrong/cli/package.json')),
);

/* A half of what a coalition needs is loaded with the first one: an import stays below 60 ms, which is no spec's matter. */
const MODULES_MAX = 103;
const DRIVERS = /node_modules\/(libsql|@libsql|openai|fast-check|ioredis|prom-client|@opentelemetry)\//;

describe('the packed tarball', function () {
  this.timeout(120_000);
  let packed: PackedPackage;

  before(async function () {
    try {
      packed = await packAndInstall();
    } catch (failed) {
      if (isDemanded(process.env) || !isOffline(failed)) throw failed;
      process.stdout.write(
        '    (skipped: npm cannot reach a registry, from which an empty folder is filled)\n',
      );
      this.skip();
    }
    writeFileSync(join(packed.folder, 'agents.js'), agentsProgram);
    mkdirSync(join(packed.folder, 'notes'));
    writeFileSync(join(packed.folder, 'notes', 'leases.md'), 'A lease expires after thirty seconds.\n');
  });

  after(() => packed?.remove());

  const installed = () => join(packed.folder, 'node_modules', 'conclave');
  const shipped = () =>
    readdirSync(installed(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(installed().length + 1)
          .replaceAll('\\', '/'),
      );

  it('has what a user needs and nothing else', () => {
    const folders = new Set(
      shipped()
        .map((path) => path.split('/').slice(0, 3).join('/'))
        .map(topOf),
    );
    expect([...folders].sort()).to.deep.equal([
      'ARCHITECTURE.md',
      'LICENSE',
      'README.md',
      'dist/REFERENCE.md',
      'dist/actors',
      'dist/examples/research',
      'dist/lib',
      'dist/llms.txt',
      'package.json',
    ]);
  });

  it('has whole source maps: each is there, and carries its source', () => {
    const scripts = shipped().filter((path) => path.endsWith('.js') || path.endsWith('.d.ts'));
    const broken = scripts.filter((path) => {
      const text = readFileSync(join(installed(), path), 'utf8');
      const [, map] = /^\/\/# sourceMappingURL=(.+)$/m.exec(text) ?? [];
      if (map === undefined) return path.endsWith('.js');
      const { sourcesContent } = JSON.parse(readFileSync(join(installed(), path, '..', map), 'utf8'));
      return !Array.isArray(sourcesContent) || sourcesContent.length === 0;
    });
    expect({ count: scripts.length > 100, broken }).to.deep.equal({ count: true, broken: [] });
  });

  it('has no fault that publint knows', async () => {
    const { buffer, byteOffset, byteLength } = readFileSync(packed.tarball);
    const tarball = new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength)).buffer;
    const { messages } = await publint({ strict: true, pack: { tarball } });
    expect(messages).to.deep.equal([]);
  });

  it('has types that resolve as the code does (arethetypeswrong)', async () => {
    /* ESM alone, on purpose: `require` of it works on every Node that we support, which this rule does not know. */
    const rules = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
    const { stdout } = await run(process.execPath, [
      attw,
      packed.tarball,
      ...rules,
      '--format',
      'ascii',
      '--no-emoji',
    ]);
    expect(stdout)
      .to.include('"conclave/testing"')
      .and.not.match(/✗|❌|problems found/);
  });

  it('compiles in a strict project of a user', async () => {
    const types = join(packed.folder, 'node_modules', '@types');
    mkdirSync(types);
    symlinkSync(join(root, 'node_modules', '@types', 'node'), join(types, 'node'), 'dir');
    symlinkSync(join(root, 'node_modules', 'undici-types'), join(types, '..', 'undici-types'), 'dir');
    writeFileSync(join(packed.folder, 'typed.ts'), typedProgram);
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      '--declaration',
      '--emitDeclarationOnly',
      '--types',
      'node',
    ];
    const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable'];
    for (const module of [
      ['--module', 'nodenext'],
      ['--module', 'node16'],
      ['--module', 'esnext', '--moduleResolution', 'bundler'],
    ]) {
      const words = [...strict, ...target, ...module, '--outDir', 'declared', 'typed.ts'];
      const { stdout } = await run(compiler, words, { cwd: packed.folder }).catch((failed) => failed);
      expect(stdout, module.join(' ')).to.equal('');
    }
  });

  describe('on this Node', () => usesOn(() => process.execPath));

  describe('on Node 24', () => {
    let interpreter = '';
    before(function () {
      interpreter = needService(this, node24);
    });
    it('is another interpreter', async () => {
      expect((await run(interpreter, ['--version'])).stdout).to.match(/^v24\./);
    });
    usesOn(() => interpreter);
  });

  /** All three uses, and what must not happen in them. */
  function usesOn(interpreter: () => string): void {
    it('embeds a coalition on processes, by import', async () => {
      const printed = await packed.runs(interpreter(), 'embed.js', importProgram);
      expect(JSON.parse(printed)).to.deep.equal({ result: 144, mapped: [1, 4], completed: 3, abandoned: 0 });
    });

    it('embeds a coalition by require', async () => {
      const printed = await packed.runs(interpreter(), 'embed.cjs', requireProgram);
      expect(JSON.parse(printed)).to.deep.equal({ result: 144, leader: 'a', clock: 'function' });
    });

    it('runs its command', async () => {
      const elected = await packed.commands(interpreter(), ['elect', 'c', 'b', 'a', '--json']);
      expect(JSON.parse(elected)).to.deep.equal({ leader: 'a', comparisons: 2 });
      const simulated = await packed.commands(interpreter(), [
        'simulate',
        '--tasks',
        '10',
        '--loops',
        '2',
        '--json',
      ]);
      expect(JSON.parse(simulated)).to.deep.include({ tasks: 20 });
      const question = ['--docs', 'notes', '--query', 'When does a lease expire?', '--json'];
      const { claims } = JSON.parse(await packed.commands(interpreter(), ['run', 'research', ...question]));
      expect(claims).to.have.length(1);
      expect(claims[0]).to.deep.include({
        verdict: 'supported',
        sources: [{ file: 'leases.md', line: 1, quote: 'A lease expires after thirty seconds.' }],
      });
    });

    it('says which package to install when a driver is asked for', async () => {
      const said = JSON.parse(await packed.runs(interpreter(), 'drivers.js', driverProgram));
      const file = join(packed.folder, 'claims.db');
      const store = `store 'file:${file}' needs the package libsql; npm install libsql.`;
      const random =
        'the random comparison of brokerConformance needs the package fast-check; npm install fast-check.';
      const typed = true;
      expect(said).to.deep.equal([store, store, random].map((message) => ({ typed, message })));
      expect(readdirSync(packed.folder)).to.not.include('claims.db');
    });

    it('loads no driver and few modules when it is imported', async () => {
      const urls = (await packed.runs(interpreter(), 'listing.js', listingProgram)).trim().split(' ');
      const own = new Set(urls.filter((url) => url.includes('/conclave/dist/')));
      expect(urls.filter((url) => DRIVERS.test(url))).to.deep.equal([]);
      expect(own.size).to.be.within(20, MODULES_MAX);
    });
  }
});

/** The first folder that tells what a file is for. */
function topOf(path: string): string {
  return path.replace(/^(dist\/(?:lib|actors))\/.*$/, '$1');
}
