import type { Finding, SourceFile } from './source.js';

const TOP_LEVEL = new Set([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'lib',
  'actors',
  'spec',
  'examples',
  'ARCHITECTURE.md',
  'README.md',
  'LICENSE',
]);

/** Entries at the top of the tracked tree that are neither on the card nor dotfiles. */
export function checkTopLevel(paths: readonly string[]): Finding[] {
  const entries = new Set(paths.map((path) => path.split('/')[0] ?? path));
  return [...entries]
    .filter((entry) => !TOP_LEVEL.has(entry) && !entry.startsWith('.'))
    .map((path) => finding(path, 1, 'top-level', 'does not belong at the top level'));
}

/* A folder of the machine where this was written, and hosts from which a lock file would install. */
const MACHINE_PATH = /(^|[^\w.])\/work\//;
const REGISTRY = /"resolved":\s*"https?:|registry\.npmjs\.org/;

/** Lines that hold good on one machine alone: its paths anywhere, a registry's address in the lock file. */
export function checkPortability(files: readonly SourceFile[]): Finding[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, at) => {
      if (MACHINE_PATH.test(line)) return [finding(path, at + 1, 'machine-path', 'a path of one machine')];
      if (path === 'package-lock.json' && REGISTRY.test(line))
        return [finding(path, at + 1, 'registry-host', 'a registry in the lock file')];
      return [];
    }),
  );
}

function finding(path: string, line: number, rule: string, message: string): Finding {
  return { path, line, rule, message };
}
