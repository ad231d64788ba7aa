import { exportedNames } from '../structure/docs.js';
import { resolveImport } from '../structure/imports.js';
import type { Module } from '../structure/source.js';
import { type Declared, docBefore, type Foreign, findDeclared, type ReadModule } from './declared.js';
import { type Member, membersOf } from './members.js';
import { mentionsOf } from './references.js';

/** One documented thing of the package. */
export interface Item {
  readonly name: string;
  /** The path of the source that declares it. */
  readonly path: string;
  readonly declared: Declared;
  readonly doc: string | undefined;
  readonly members: readonly Member[];
}

/** What one entry of the package exports. */
export interface EntrySurface {
  /** As it is imported: `conclave/testing`. */
  readonly specifier: string;
  readonly items: readonly Item[];
  /** Handed on from another package, which documents it. */
  readonly foreign: readonly Foreign[];
}

/** All that a user can reach: the exports of the entries, and the types that these mention without exporting them. */
export interface Surface {
  readonly entries: readonly EntrySurface[];
  readonly mentioned: readonly Item[];
}

/** Reads the surface from the declarations of the entries, given as specifier and path. */
export function readSurface(read: ReadModule, entries: Readonly<Record<string, string>>): Surface {
  const surfaces = Object.entries(entries).map(([specifier, path]) => readEntry(read, specifier, path));
  const seen = new Map(surfaces.flatMap(({ items }) => items.map((item) => [keyOf(item.declared), item])));
  const mentioned: Item[] = [];
  /* Grows while it is gone through: a mentioned type may mention others. */
  const queue = [...seen.values()];
  for (const { declared } of queue) {
    for (const next of mentionedBy(read, declared)) {
      if (seen.has(keyOf(next))) continue;
      const item = itemOf(next);
      seen.set(keyOf(next), item);
      queue.push(item);
      mentioned.push(item);
    }
  }
  return { entries: surfaces, mentioned: mentioned.sort((left, right) => (left.name < right.name ? -1 : 1)) };
}

function readEntry(read: ReadModule, specifier: string, path: string): EntrySurface {
  const module = read(path);
  if (module === undefined) throw new Error(`the entry ${specifier} has no declarations at ${path}`);
  const found = [...namesOf(read, module)].map(
    (name) => findDeclared(read, module, name) ?? failed(path, name),
  );
  return {
    specifier,
    items: found.flatMap((one) => ('module' in one ? [itemOf(one)] : [])),
    foreign: found.filter((one): one is Foreign => 'packageName' in one),
  };
}

function failed(path: string, name: string): never {
  throw new Error(`${path} exports ${name}, which is declared nowhere`);
}

function namesOf(read: ReadModule, module: Module): Set<string> {
  return exportedNames({ get: read }, module);
}

function mentionedBy(read: ReadModule, declared: Declared): Declared[] {
  return mentionsOf(declared).flatMap(({ name, from }) => {
    const module =
      from === undefined ? declared.module : read(resolveImport(declared.module.path, from) ?? '');
    const found = module === undefined ? undefined : findDeclared(read, module, name);
    return found !== undefined && 'module' in found ? [found] : [];
  });
}

function itemOf(declared: Declared): Item {
  const docs = declared.statements.map(({ start }) => docBefore(declared.module, start));
  return {
    name: declared.name,
    path: declared.module.path,
    declared,
    doc: docs.find((doc) => doc !== undefined),
    members: membersOf(declared),
  };
}

function keyOf({ module, name }: Declared): string {
  return `${module.path}#${name}`;
}
