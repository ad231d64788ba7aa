import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';

/** How many files were read, and how many were passed over and why. */
export interface Tally {
  read: number;
  bytes: number;
  binary: number;
  oversized: number;
  /** Files and folders that could not be opened. */
  unreadable: number;
  /** Links that lead out of the folder, or back to a folder already seen. */
  links: number;
  /** Documents past the bound on their number. */
  beyond: number;
}

/** Nothing read yet. */
export function emptyTally(): Tally {
  return { read: 0, bytes: 0, binary: 0, oversized: 0, unreadable: 0, links: 0, beyond: 0 };
}

/** Documents one scan reads at most; further ones are counted in `beyond`. */
export const FILES_MAX = 100_000;

const TEXT_EXTENSIONS = new Set([
  '.md',
  '.markdown',
  '.mdown',
  '.mkd',
  '.mdx',
  '.txt',
  '.text',
  '.rst',
  '.adoc',
]);
const TEXT_NAMES =
  /^(readme|changelog|changes|contributing|copying|faq|guide|history|license|manual|news|notes)$/i;
/** A folder that holds one of these is a project, whose documents speak of it alone. */
const MANIFESTS = new Set(['package.json', 'pyproject.toml', 'Cargo.toml', 'go.mod', 'pom.xml']);
const MADE_FOLDERS = new Set(['node_modules', 'dist', 'build']);

/** Whether a file's name says that people read it. */
export function isDocument(name: string): boolean {
  const extension = extname(name).toLowerCase();
  return extension === '' ? TEXT_NAMES.test(name) : TEXT_EXTENSIONS.has(extension);
}

/** What stands under a folder: paths relative to it, with `/`. */
export interface Listing {
  /** In order of their path. */
  readonly files: readonly string[];
  /** Folders that are a project of their own; the root is the empty path. */
  readonly projects: ReadonlySet<string>;
}

/**
 * The documents under a folder. Dot-folders, and `node_modules`, `dist` and `build` below the root, are left out.
 * A link is followed once, and only to a place under the root.
 * @throws the file system's error when the root itself cannot be read.
 */
export async function listDocuments(root: string, tally: Tally, signal: AbortSignal): Promise<Listing> {
  const realRoot = await realpath(root);
  const walk: Walk = {
    realRoot,
    seen: new Set([realRoot]),
    folders: [realRoot],
    files: [],
    projects: new Set(),
    tally,
  };
  for (let folder = walk.folders.pop(); folder !== undefined; folder = walk.folders.pop()) {
    signal.throwIfAborted();
    for (const entry of await readFolder(folder, folder === realRoot, tally)) await take(folder, entry, walk);
  }
  return { files: walk.files.sort(), projects: walk.projects };
}

interface Walk {
  readonly realRoot: string;
  readonly seen: Set<string>;
  readonly folders: string[];
  readonly files: string[];
  readonly projects: Set<string>;
  readonly tally: Tally;
}

async function take(folder: string, entry: Dirent, walk: Walk): Promise<void> {
  const path = join(folder, entry.name);
  const kind = entry.isSymbolicLink() ? await followLink(path, walk) : kindOf(entry);
  if (kind === 'folder') await enter(path, entry, walk);
  if (kind !== 'file') return;
  if (MANIFESTS.has(entry.name)) walk.projects.add(inside(folder, walk));
  if (!isDocument(entry.name)) return;
  if (walk.files.length < FILES_MAX) walk.files.push(inside(path, walk));
  else walk.tally.beyond += 1;
}

function inside(path: string, { realRoot }: Walk): string {
  return relative(realRoot, path).split(sep).join('/');
}

async function readFolder(folder: string, isRoot: boolean, tally: Tally): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    if (isRoot) throw error;
    tally.unreadable += 1;
    return [];
  }
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): 'folder' | 'file' | 'other' {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

async function followLink(path: string, { realRoot, tally }: Walk): Promise<'folder' | 'file' | 'other'> {
  try {
    const target = await realpath(path);
    if (target.startsWith(realRoot + sep)) return kindOf(await stat(target));
  } catch {
    // A dangling or circular link leads nowhere, like one that leads outside: counted, and passed over.
  }
  tally.links += 1;
  return 'other';
}

async function enter(path: string, entry: Dirent, walk: Walk): Promise<void> {
  const name = basename(path);
  if (name.startsWith('.') || MADE_FOLDERS.has(name)) return;
  const target = entry.isSymbolicLink() ? await realpath(path) : path;
  if (walk.seen.has(target)) {
    walk.tally.links += 1;
    return;
  }
  walk.seen.add(target);
  walk.folders.push(path);
}
