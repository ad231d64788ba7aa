import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkAmbience } from './ambient.js';
import { checkDocs } from './docs.js';
import { checkImportCycles } from './import-cycles.js';
import { checkImportTable } from './import-table.js';
import { checkLock } from './lock.js';
import { checkCharts, checkNames } from './names.js';
import { checkSizes } from './sizes.js';
import { describeFinding, type Finding, listFiles, type Module, parseModule, parseTree } from './source.js';
import { checkPortability, checkTopLevel } from './tracked.js';

type Check = (modules: readonly Module[]) => Finding[];

/** What a check finds in one module, as `line message`. */
function findingsIn(check: Check, path: string, text: string): string[] {
  return check([parseModule({ path, text })]).map(({ line, message }) => `${line} ${message}`);
}

function lines(count: number, line = 'step();'): string {
  return Array.from({ length: count }, () => line).join('\n');
}

describe('a planted violation of each kind is found', () => {
  describe('import table', () => {
    const refused: readonly (readonly [string, string, string])[] = [
      [
        'lib/core/message.ts',
        `import { x } from '../brokers/contract.js';`,
        'lib/core may not import ../brokers/contract.js',
      ],
      ['lib/core/message.ts', `import { readFileSync } from 'node:fs';`, 'lib/core may not import node:fs'],
      ['lib/core/message.ts', `import { readFileSync } from 'fs';`, 'lib/core may not import fs'],
      [
        'lib/election/lowest.ts',
        `import { x } from '../scheduling/robin.js';`,
        'lib/election may not import ../scheduling/robin.js',
      ],
      ['lib/election/lowest.ts', `import { setup } from 'xstate';`, 'lib/election may not import xstate'],
      [
        'actors/worker.ts',
        `import { x } from '../lib/brokers/memory.js';`,
        'actors may not import ../lib/brokers/memory.js',
      ],
      [
        'actors/worker.ts',
        `import { x } from '../lib/system/system.js';`,
        'actors may not import ../lib/system/system.js',
      ],
      [
        'lib/brokers/memory.ts',
        `import { x } from '../storage/sqlite.js';`,
        'lib/brokers may not import ../storage/sqlite.js',
      ],
      [
        'lib/system/system.ts',
        `import { x } from '../../actors/worker.js';`,
        'lib/system may not import ../../actors/worker.js',
      ],
      [
        'lib/executors/inline.ts',
        `import { x } from '../host/worker.js';`,
        'lib/executors may not import ../host/worker.js',
      ],
      ['lib/checker/check.ts', `import fc from 'fast-check';`, 'lib/checker may not import fast-check'],
      [
        'lib/testing/probe.ts',
        `import { x } from '../system/system.js';`,
        'lib/testing may not import ../system/system.js',
      ],
      [
        'lib/coalition/submit.ts',
        `import { x } from '../checker/check.js';`,
        'lib/coalition may not import ../checker/check.js',
      ],
      [
        'lib/coalition/submit.ts',
        `import { x } from '../cli/main.js';`,
        'lib/coalition may not import ../cli/main.js',
      ],
      ['lib/index.ts', `export { x } from '../spec/x.js';`, 'lib/index.ts may not import ../spec/x.js'],
      [
        'examples/01-door.ts',
        `import { x } from '../lib/index.js';`,
        'examples may not import ../lib/index.js',
      ],
      [
        'examples/01-door.ts',
        `import { x } from './research/agents.js';`,
        'examples may not import ./research/agents.js',
      ],
      ['examples/01-door.ts', `import { setup } from 'xstate';`, 'examples may not import xstate'],
      ['lib/elsewhere/x.ts', `export const x = 1;`, 'this folder has no row in the import table'],
    ];
    for (const [path, text, message] of refused) {
      it(`${path}: ${text}`, () => {
        expect(findingsIn(checkImportTable, path, text)).to.deep.equal([`1 ${message}`]);
      });
    }

    const ways = [
      `import type { x } from '../system/system.js';`,
      `import { type x } from '../system/system.js';`,
      `import '../system/system.js';`,
      `export { x } from '../system/system.js';`,
      `export type { x } from '../system/system.js';`,
      `export * from '../system/system.js';`,
      `export const x = import('../system/system.js');`,
      'export const x = import(`../system/system.js`);',
      `export type X = import('../system/system.js').X;`,
      `export const x = require('../system/system.js');`,
      `import x = require('../system/system.js');`,
    ];
    for (const text of ways) {
      it(`sees ${text}`, () => {
        expect(findingsIn(checkImportTable, 'lib/brokers/memory.ts', text)).to.deep.equal([
          '1 lib/brokers may not import ../system/system.js',
        ]);
      });
    }

    it('lets through what the table allows', () => {
      const tree = parseTree({
        'lib/core/ids.ts': `import { nanoid } from 'nanoid'; import assert from 'node:assert';`,
        'lib/brokers/file.ts': `import type { X } from '../storage/contract.js'; import fs from 'node:fs';`,
        'lib/testing/conformance.ts': `import { model } from '../brokers/model.js'; import fc from 'fast-check';`,
        'lib/executors/thread.ts': `export const entry = new URL('../host/thread.js', import.meta.url);`,
        'lib/coalition/create.ts': `import { worker } from '../../actors/worker.js'; import '../host/worker.js';`,
        'examples/01-door.ts': `import { createSystem } from 'conclave'; import { x } from './02-more.js';`,
        'examples/research/search.ts': `import MiniSearch from 'minisearch'; import './text/words.js';`,
        'spec/lib/anything.spec.ts': `import { x } from '../../lib/cli/main.js';`,
      });
      expect(checkImportTable(tree)).to.deep.equal([]);
    });
  });

  it('import cycle, of values and of types', () => {
    const tree = parseTree({
      'lib/core/a.ts': `import { b } from './b.js';`,
      'lib/core/b.ts': `import type { C } from './c.js';`,
      'lib/core/c.ts': `\nexport type { A } from './a.js';`,
      'lib/core/d.ts': `import './a.js'; import './b.js';`,
    });
    expect(checkImportCycles(tree).map(describeFinding)).to.deep.equal([
      'lib/core/c.ts:2 import-cycle: lib/core/a.ts -> lib/core/b.ts -> lib/core/c.ts -> lib/core/a.ts',
    ]);
  });

  describe('time, chance and ids', () => {
    const uses: readonly (readonly [string, string])[] = [
      ['Date.now();', 'Date.now'],
      [`Date['now']();`, 'Date.now'],
      ['globalThis.Date.now();', 'Date.now'],
      ['const { now } = Date;', 'Date.now'],
      ['const { now: read } = Date;', 'Date.now'],
      ['const read = Date.now;', 'Date.now'],
      ['const Time = Date;', 'Date under another name'],
      ['const { Date: Time } = globalThis;', 'globalThis.Date'],
      ['new Date();', 'new Date()'],
      ['new Date;', 'new Date()'],
      ['Date();', 'Date()'],
      ['performance.now();', 'performance.now'],
      ['function f({ now } = performance) {}', 'performance.now'],
      ['process.hrtime.bigint();', 'process.hrtime'],
      ['setTimeout(f, 1);', 'setTimeout'],
      ['setInterval(f, 1);', 'setInterval'],
      ['setImmediate(f);', 'setImmediate'],
      ['const later = setTimeout;', 'setTimeout'],
      ['export const clock = { setTimeout };', 'setTimeout'],
      ['globalThis.setTimeout(f, 1);', 'globalThis.setTimeout'],
      ['const { setTimeout: later } = globalThis;', 'globalThis.setTimeout'],
      ['AbortSignal.timeout(1);', 'AbortSignal.timeout'],
      [`import { setTimeout as sleep } from 'node:timers/promises';`, 'import of node:timers/promises'],
      [`import timers from 'node:timers';`, 'import of node:timers'],
      [`import { performance as p } from 'node:perf_hooks';`, 'import of node:perf_hooks'],
      ['Math.random();', 'Math.random'],
      ['const { random } = Math;', 'Math.random'],
      ['crypto.randomUUID();', 'crypto.randomUUID'],
      ['nodeCrypto.randomBytes(8);', 'nodeCrypto.randomBytes'],
      [`import { randomUUID } from 'node:crypto';`, 'import of randomUUID'],
      [`import { nanoid } from 'nanoid';`, 'import of nanoid'],
    ];
    for (const [text, what] of uses) {
      it(text, () => {
        for (const path of ['lib/coalition/x.ts', 'actors/x.ts', 'examples/x.ts']) {
          if (path.startsWith('examples') && text.includes('node:timers/promises')) continue;
          const [first, ...rest] = findingsIn(checkAmbience, path, text);
          expect(first).to.match(/^1 /).and.to.include(`${what}: take `);
          expect(rest).to.deep.equal([]);
        }
      });
    }

    it('in an adapter, for anything but its own', () => {
      const text = 'Date.now(); setTimeout(f, 1); Math.random();';
      expect(findingsIn(checkAmbience, 'lib/core/clock.ts', text)).to.deep.equal([
        '1 Math.random: take random as a parameter (lib/core/random.ts)',
      ]);
    });

    it('lets through what only looks like it', () => {
      const text = `
        const at = new Date(0); Date.parse('x'); Math.floor(1); const { floor } = Math; x instanceof Date;
        clock.setTimeout(f, 1); const own = { setTimeout: f, setInterval() {} }; clearTimeout(t); random.random();
        type T = ReturnType<typeof setTimeout>; interface C { setTimeout(f: () => void): void; now: number }
        const { now } = clock; process.cpuUsage(); import { createHash } from 'node:crypto';`;
      expect(findingsIn(checkAmbience, 'lib/system/x.ts', text)).to.deep.equal([]);
      const sleeps = `import { setTimeout } from 'node:timers/promises'; await setTimeout(5);`;
      expect(findingsIn(checkAmbience, 'examples/03-crash.ts', sleeps)).to.deep.equal([]);
    });
  });

  it('vague file and folder names', () => {
    const vague = [
      'lib/core/utils.ts',
      'lib/helpers/x.ts',
      'lib/pool-manager.ts',
      'spec/misc.spec.ts',
      'lib/util.ts',
    ];
    const clear = ['lib/core/deque.ts', 'lib/core/mischief.ts', 'actors/managerial.ts'];
    expect(checkNames([...vague, ...clear]).map(({ path }) => path)).to.deep.equal(vague);
  });

  it('a file of actors/ without a chart', () => {
    const tree = parseTree({
      'actors/none.ts': 'const x = setup({}).createMachine({}); export type X = typeof x;',
      'actors/value.ts': 'export const x = setup({}).createMachine({});',
      'actors/made.ts': `import { xChart } from './factory.js'; export const yChart = xChart('y');`,
      'actors/factory.ts': 'export function x() { return setup({}).createMachine({}); }',
    });
    expect(checkCharts(tree).map(({ path }) => path)).to.deep.equal(['actors/none.ts']);
  });

  it('a long file', () => {
    expect(findingsIn(checkSizes, 'lib/core/x.ts', lines(301))).to.deep.equal(['1 301 lines, at most 300']);
    expect(findingsIn(checkSizes, 'lib/core/x.ts', `${lines(300)}\n`)).to.deep.equal([]);
  });

  it('a long function, but for the configuration of a chart', () => {
    const long = (count: number) => `\nexport function f() {\n${lines(count - 2)}\n}`;
    expect(findingsIn(checkSizes, 'actors/x.ts', long(41))).to.deep.equal(['2 41 lines, at most 40']);
    expect(findingsIn(checkSizes, 'actors/x.ts', long(40))).to.deep.equal([]);
    const chart = `export const f = () => setup({\n}).createMachine({\n${lines(60, 'x: {},')}\n});`;
    expect(findingsIn(checkSizes, 'actors/x.ts', chart)).to.deep.equal([]);
    const beside = `export const f = () => {\n${lines(39)}\nreturn createMachine({\n${lines(60, 'x: {},')}\n});\n};`;
    expect(findingsIn(checkSizes, 'actors/x.ts', beside)).to.deep.equal(['1 41 lines, at most 40']);
  });

  it('an exported name without a doc comment where it is declared', () => {
    const tree = parseTree({
      'lib/index.ts': `export { a, b as c, type T } from './core/a.js'; export * from './core/star.js';`,
      'lib/core/a.ts': `/** Said. */\nexport const a = 1;\n// no doc\nconst b = 2;\nexport { b };\nexport type { T } from './t.js';`,
      'lib/core/t.ts': `/* a plain comment */\nexport interface T {}`,
      'lib/core/star.ts': `/** Said. */\nexport class Said {}\n\n/** Of something else. */\nlet x;\nexport function unsaid() {}`,
    });
    expect(checkDocs(tree, ['lib/index.ts', 'lib/gone.ts']).map(describeFinding)).to.deep.equal([
      'lib/core/a.ts:4 docstring: b has no doc comment',
      'lib/core/t.ts:2 docstring: T has no doc comment',
      'lib/core/star.ts:6 docstring: unsaid has no doc comment',
      'lib/gone.ts:1 docstring: this entry is missing',
    ]);
  });

  it('an entry too many at the top level', () => {
    const paths = ['package.json', '.biome.json', '.ci/run', 'lib/index.ts', 'scripts/x.ts', 'notes.md'];
    expect(checkTopLevel(paths).map(({ path }) => path)).to.deep.equal(['scripts', 'notes.md']);
  });

  it('a path or a registry of one machine', () => {
    const machine = ['', 'work', 'main'].join('/');
    const files = [
      { path: 'README.md', text: `see\n${machine}` },
      { path: 'lib/x.ts', text: `'at ${machine}'; './work/x'; 'framework/x'` },
      { path: 'package-lock.json', text: '{\n"resolved": "https://example.org/x.tgz"' },
    ];
    expect(checkPortability(files).map(describeFinding)).to.deep.equal([
      'README.md:2 machine-path: a path of one machine',
      'lib/x.ts:1 machine-path: a path of one machine',
      'package-lock.json:2 registry-host: a registry in the lock file',
    ]);
  });

  it('an optional package that is not locked', () => {
    const packages = {
      'node_modules/a': { optionalDependencies: { here: '1', inner: '1', gone: '1' } },
      'node_modules/a/node_modules/inner': {},
      'node_modules/here': {},
    };
    expect(checkLock({ packages }).map(({ message }) => message.split(',')[0])).to.deep.equal([
      'node_modules/a may want gone',
    ]);
  });

  it('text that is not TypeScript', () => {
    expect(() => parseModule({ path: 'lib/x.ts', text: 'const = ;' })).to.throw('lib/x.ts: ');
  });

  it('a file that git does not ignore, tracked or not', () => {
    const root = mkdtempSync(join(tmpdir(), 'conclave-structure-'));
    try {
      execFileSync('git', ['init', '-q'], { cwd: root });
      writeFileSync(join(root, '.gitignore'), 'ignored.ts\n');
      for (const name of ['a.ts', 'b.ts', 'ignored.ts']) writeFileSync(join(root, name), '');
      execFileSync('git', ['add', 'a.ts'], { cwd: root });
      expect(listFiles(root, { untracked: false })).to.deep.equal(['a.ts']);
      expect(listFiles(root, { untracked: true }).sort()).to.deep.equal(['.gitignore', 'a.ts', 'b.ts']);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
