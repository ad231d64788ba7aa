import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Module } from '../structure/source.js';
import { parseDeclarations } from './declared.js';
import { readSurface, type Surface } from './surface.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The surface of what is built: the declarations of every entry that package.json names. */
export function builtSurface(): Surface {
  const modules = new Map<string, Module | undefined>();
  const read = (path: string): Module | undefined => {
    if (!modules.has(path)) modules.set(path, readDeclarations(path));
    return modules.get(path);
  };
  return readSurface(read, entriesOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))));
}

function readDeclarations(path: string): Module | undefined {
  const built = join(root, 'dist', path.replace(/\.ts$/, '.d.ts'));
  return existsSync(built) ? parseDeclarations(path, readFileSync(built, 'utf8')) : undefined;
}

/** `{ "./testing": { types: "./dist/lib/testing/index.d.ts" } }` as specifier and path of the source. */
function entriesOf(manifest: {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly types?: string } | string>>;
}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(manifest.exports).flatMap(([subpath, target]) => {
      const types = typeof target === 'string' ? undefined : target.types;
      const source = types?.replace(/^\.\/dist\//, '').replace(/\.d\.ts$/, '.ts');
      return source === undefined ? [] : [[`${manifest.name}${subpath.slice(1)}`, source]];
    }),
  );
}
