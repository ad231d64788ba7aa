import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, servicesFolder } from './service.js';

const MAJOR = 24;
const BRING_MS_MAX = 5 * 60_000;

/* The packages that npm's own `node` package installs by a script: an interpreter as a plain file, one a platform. */
const system = process.platform === 'win32' ? 'win' : process.platform;
const packageName = `node-${system}-${process.arch}`;
const home = join(servicesFolder, `node-${MAJOR}`);
const program = join('node_modules', packageName, 'bin', system === 'win' ? 'node.exe' : 'node');

/** The Node 24 interpreter, from npm. */
export const node24: Service = {
  name: `Node ${MAJOR}`,
  neededBy: 'the packed tarball on Node 24',
  find: () => {
    const path = join(home, program);
    return existsSync(path) ? path : undefined;
  },
  bring: () => {
    mkdirSync(servicesFolder, { recursive: true });
    const folder = mkdtempSync(join(servicesFolder, 'bringing-'));
    try {
      install(folder);
      rmSync(home, { recursive: true, force: true });
      renameSync(folder, home);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function install(folder: string): void {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retries=1'];
  const { status, stderr, error } = spawnSync(
    'npm',
    ['install', '--prefix', folder, ...quiet, `${packageName}@${MAJOR}`],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: BRING_MS_MAX,
      shell: system === 'win',
    },
  );
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`npm could not install ${packageName}@${MAJOR}: ${lastLine(stderr)}`);
  const { status: runs } = spawnSync(join(folder, program), ['--version'], { stdio: 'ignore' });
  if (runs !== 0) throw new Error(`the interpreter of ${packageName}@${MAJOR} does not run on this machine`);
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => /error/i.test(line) && !/complete log/i.test(line));
  return lines[0]?.trim() ?? 'no reason given';
}
