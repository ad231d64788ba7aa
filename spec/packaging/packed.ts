import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const NPM_QUIET = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=500',
  '--fetch-retry-maxtimeout=1000',
];

/** The tarball as `npm publish` would send it, and a folder that has nothing but it installed. */
export interface PackedPackage {
  readonly tarball: string;
  /** Where a user's program stands. */
  readonly folder: string;
  /** Writes a program there, runs it with an interpreter, and tells what it printed. */
  runs(interpreter: string, name: string, program: string): Promise<string>;
  /** Runs the installed command. */
  commands(interpreter: string, args: readonly string[]): Promise<string>;
  remove(): void;
}

/**
 * Packs what is built, without building: the build would empty the very folder from which the specs run. Then
 * installs it as a user would, in an empty folder.
 */
export async function packAndInstall(): Promise<PackedPackage> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'conclave-packed-')));
  const folder = join(home, 'empty');
  mkdirSync(folder);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', home, ...NPM_QUIET], {
    cwd: root,
  });
  const tarball = join(home, fileNameIn(stdout));
  writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
  await run('npm', ['install', ...NPM_QUIET, tarball], { cwd: folder });
  const bin = join(folder, 'node_modules', 'conclave', 'dist', 'lib', 'cli', 'main.js');
  const print = async (interpreter: string, args: readonly string[]) =>
    (await run(interpreter, [...args], { cwd: folder, maxBuffer: 2 ** 26 })).stdout;
  return {
    tarball,
    folder,
    runs: (interpreter, name, program) => {
      writeFileSync(join(folder, name), program);
      return print(interpreter, [name]);
    },
    commands: (interpreter, args) => print(interpreter, [bin, ...args]),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}

/** Whether npm failed for want of a network. */
export function isOffline(failed: unknown): boolean {
  return (
    failed instanceof Error && /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED/.test(failed.message)
  );
}

/** npm prints a list of what it packed, or (some versions) an object of it. */
function fileNameIn(printed: string): string {
  const answer: unknown = JSON.parse(printed);
  const [packed] = Object.values(typeof answer === 'object' && answer !== null ? answer : {});
  if (typeof packed === 'object' && packed !== null && 'filename' in packed) return String(packed.filename);
  throw new Error(`npm pack printed no file name: ${printed.slice(0, 200)}`);
}
