import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Comment, type Program, parseSync } from 'oxc-parser';

/** A file by its path from the root of the tree, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A TypeScript module, parsed. */
export interface Module extends SourceFile {
  readonly program: Program;
  readonly comments: readonly Comment[];
  /** The line, from 1, of an offset into the text. */
  lineAt(offset: number): number;
}

/** One thing that breaks a rule of the house. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

/** A finding as a line that a terminal can jump to. */
export function describeFinding({ path, line, rule, message }: Finding): string {
  return `${path}:${line} ${rule}: ${message}`;
}

/** @throws if the text is not TypeScript: a file that cannot be read would otherwise pass every check. */
export function parseModule({ path, text }: SourceFile): Module {
  const { program, comments, errors } = parseSync(path, text, { lang: 'ts', sourceType: 'module' });
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join('; ')}`);
  return { path, text, program, comments, lineAt: (offset) => countLines(text, offset) };
}

/** The modules of an in-memory tree. */
export function parseTree(tree: Readonly<Record<string, string>>): Module[] {
  return Object.entries(tree).map(([path, text]) => parseModule({ path, text }));
}

/** Paths that git tracks under a folder; with `untracked`, also those it would track. */
export function listFiles(root: string, options: { readonly untracked: boolean }): string[] {
  const untracked = options.untracked ? ['--others', '--exclude-standard'] : [];
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--deduplicate', ...untracked], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const deleted = new Set(
    execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' }).split('\0'),
  );
  return listed.split('\0').filter((path) => path !== '' && !deleted.has(path));
}

/** Every TypeScript module of the checkout, so that a new file is checked before it is committed. */
export function readModules(root: string): Module[] {
  return listFiles(root, { untracked: true })
    .filter((path) => /^(lib|actors|spec|examples)\/.*\.ts$/.test(path))
    .map((path) => parseModule({ path, text: readFileSync(join(root, path), 'utf8') }));
}

function countLines(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
