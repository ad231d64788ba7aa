import { builtinModules } from 'node:module';
import { type Import, importsOf, resolveImport } from './imports.js';
import type { Finding, Module } from './source.js';

/** What the modules of one folder (or one file) may import, beside their own folder. */
interface Row {
  readonly folder: string;
  /** Folders and files of the tree; `*` stands for one segment. */
  readonly paths: readonly string[];
  /** Packages; `*` for any. */
  readonly packages: readonly string[];
  readonly builtins: boolean;
}

const PURE = ['lib/scheduling', 'lib/election', 'lib/supervision', 'lib/models'];
const CONTRACTS = ['lib/*/contract.ts'];
const CORE = ['lib/core'];
const CHECKED = [...CORE, ...CONTRACTS, 'lib/*/model.ts'];
const RUNTIME = [...CORE, 'lib/system', 'actors', ...CONTRACTS];
const ADAPTERS = [...CORE, ...PURE, ...CONTRACTS];
const COMPOSED = ['brokers', 'storage', 'telemetry', 'system', 'executors', 'host', 'ray'].map(
  (name) => `lib/${name}`,
);
const ANYTHING = { paths: ['lib', 'actors'], packages: ['*'], builtins: true };

/*
 * Who may import whom, downward only. A folder that is not in the list of another is closed to it, so folders of
 * one row of the table do not meet, but through the contracts. The longest folder that fits decides.
 */
const importTable: readonly Row[] = [
  {
    folder: 'lib/core',
    paths: [],
    packages: ['nanoid', 'eventemitter3', '@standard-schema/spec'],
    builtins: false,
  },

  { folder: 'lib/scheduling', paths: CORE, packages: [], builtins: false },
  { folder: 'lib/election', paths: CORE, packages: [], builtins: false },
  { folder: 'lib/supervision', paths: CORE, packages: [], builtins: false },
  { folder: 'lib/models', paths: CORE, packages: [], builtins: false },

  { folder: 'actors', paths: ADAPTERS, packages: ['xstate'], builtins: false },

  { folder: 'lib/ray', paths: CORE, packages: [], builtins: true },
  { folder: 'lib/sqlite', paths: CORE, packages: ['libsql'], builtins: true },
  {
    folder: 'lib/brokers',
    paths: [...ADAPTERS, 'lib/ray', 'lib/sqlite'],
    packages: ['libsql', 'ioredis'],
    builtins: true,
  },
  { folder: 'lib/storage', paths: [...ADAPTERS, 'lib/sqlite'], packages: ['libsql'], builtins: true },
  {
    folder: 'lib/telemetry',
    paths: ADAPTERS,
    packages: ['prom-client', '@opentelemetry/api'],
    builtins: true,
  },

  { folder: 'lib/charts', paths: CORE, packages: ['xstate'], builtins: false },
  {
    folder: 'lib/system',
    paths: [...CORE, 'lib/charts', 'lib/supervision', 'actors/supervisor.ts'],
    packages: ['xstate', 'eventemitter3'],
    builtins: false,
  },

  { folder: 'lib/executors', paths: [...RUNTIME, 'lib/ray'], packages: [], builtins: true },
  { folder: 'lib/host', paths: RUNTIME, packages: ['xstate', '@standard-schema/spec'], builtins: true },

  { folder: 'lib/checker', paths: CHECKED, packages: ['xstate'], builtins: false },
  { folder: 'lib/simulation', paths: CHECKED, packages: ['xstate'], builtins: false },
  { folder: 'lib/testing', paths: CHECKED, packages: ['xstate', 'fast-check'], builtins: false },

  {
    folder: 'lib/coalition',
    paths: [...CORE, ...PURE, ...COMPOSED, 'actors'],
    packages: ['xstate', 'eventemitter3', '@standard-schema/spec'],
    builtins: true,
  },

  { folder: 'lib/dashboard', ...ANYTHING },
  { folder: 'lib/cli', ...ANYTHING },
  { folder: 'lib/index.ts', ...ANYTHING },

  {
    folder: 'examples',
    paths: [],
    packages: ['conclave', 'hono', '@hono/node-server', 'zod'],
    builtins: true,
  },
  {
    folder: 'examples/research',
    paths: [],
    packages: ['conclave', 'minisearch', 'stemmer', 'openai'],
    builtins: true,
  },
];

const BUILTINS = new Set(builtinModules);
/* Assertions do no I/O, and a programming error is one everywhere. */
const ALWAYS = new Set(['node:assert', 'node:assert/strict']);

/** Imports that the table does not allow, by value or by type alike. spec/ may import anything. */
export function checkImportTable(modules: readonly Module[]): Finding[] {
  return modules
    .filter(({ path }) => !path.startsWith('spec/'))
    .flatMap((module) => {
      const row = rowOf(module.path);
      if (row === undefined) {
        return [finding(module.path, 1, 'this folder has no row in the import table')];
      }
      return importsOf(module)
        .filter(({ specifier }) => !isAllowed(row, module.path, specifier))
        .map(({ specifier, line }: Import) =>
          finding(module.path, line, `${row.folder} may not import ${specifier}`),
        );
    });
}

function isAllowed(row: Row, from: string, specifier: string): boolean {
  const target = resolveImport(from, specifier);
  if (target !== undefined) return isOwn(from, target) || row.paths.some((path) => covers(path, target));
  if (ALWAYS.has(specifier)) return true;
  if (specifier.startsWith('node:') || BUILTINS.has(specifier)) return row.builtins;
  return row.packages.includes('*') || row.packages.includes(packageOf(specifier));
}

function rowOf(path: string): Row | undefined {
  return importTable
    .filter(({ folder }) => covers(folder, path))
    .sort((left, right) => right.folder.length - left.folder.length)[0];
}

/** lib's folders and the examples are units; a file right in lib/ or examples/ has only its like beside it. */
function isOwn(from: string, target: string): boolean {
  return unitOf(from) === unitOf(target);
}

function unitOf(path: string): string {
  const [top, second, ...rest] = path.split('/');
  return top === 'actors' || second === undefined || rest.length === 0 ? `${top}` : `${top}/${second}`;
}

function covers(pattern: string, path: string): boolean {
  const want = pattern.split('/');
  const have = path.split('/');
  return want.every((segment, at) => segment === have[at] || (segment === '*' && have[at] !== undefined));
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function finding(path: string, line: number, message: string): Finding {
  return { path, line, rule: 'import-table', message };
}
