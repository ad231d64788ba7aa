import { type Comment, type Program, parseSync, type Statement } from 'oxc-parser';
import { type Source, sourcesOf, starsOf } from '../structure/docs.js';
import { resolveImport } from '../structure/imports.js';
import type { Module } from '../structure/source.js';

/** A name as it was declared: its statements, more than one for overloads. */
export interface Declared {
  readonly name: string;
  readonly module: Module;
  readonly statements: readonly Statement[];
}

/** A name that another package declares. */
export interface Foreign {
  readonly name: string;
  readonly packageName: string;
}

/** Gives a module by its path in the sources; undefined for one that is not there. */
export type ReadModule = (path: string) => Module | undefined;

/** Parses a module of declarations (`.d.ts`), under the path of its source. */
export function parseDeclarations(path: string, text: string): Module {
  const {
    program,
    comments,
    errors,
  }: { program: Program; comments: Comment[]; errors: { message: string }[] } = parseSync(path, text, {
    lang: 'dts',
    sourceType: 'module',
  });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map(({ message }) => message).join('; ')}`);
  return { path, text, program, comments, lineAt: (offset) => text.slice(0, offset).split('\n').length };
}

/** Follows a name of a module through re-exports and imports to where it is declared; undefined for a global. */
export function findDeclared(read: ReadModule, module: Module, name: string): Declared | Foreign | undefined {
  const sources = sourcesOf(module, name);
  const statements = sources.flatMap((source) => ('statement' in source ? [source.statement] : []));
  if (statements.length > 0) return { name, module, statements };
  for (const source of [...sources, ...starsOf(module).map((from): Source => ({ from, name }))]) {
    if (!('from' in source)) continue;
    const found = findBehind(read, module, source);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findBehind(
  read: ReadModule,
  module: Module,
  source: { readonly from: string; readonly name: string },
): Declared | Foreign | undefined {
  const path = resolveImport(module.path, source.from);
  if (path === undefined) return { name: source.name, packageName: source.from };
  const target = read(path);
  return target === undefined ? undefined : findDeclared(read, target, source.name);
}

/** The text of the doc comment that stands right before an offset, without its stars; undefined for none. A union's bar may stand between. */
export function docBefore({ comments, text }: Module, offset: number): string | undefined {
  const comment = comments.findLast(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && end <= offset && /^[\s|]*$/.test(text.slice(end, offset)),
  );
  return comment?.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}
