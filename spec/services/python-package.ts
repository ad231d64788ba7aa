import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, servicesFolder } from './service.js';

const BRING_MS_MAX = 10 * 60_000;
const home = join(servicesFolder, 'python');
const isWindows = process.platform === 'win32';

/** The interpreter of the virtual environment that all Python services share; it may not be there yet. */
const servicesPython = join(home, isWindows ? 'Scripts/python.exe' : 'bin/python');

/** A package of PyPI in the virtual environment of `.services/`. */
interface PythonPackage {
  readonly name: string;
  /** The pinned requirement, as pip takes it. */
  readonly requirement: string;
  readonly neededBy: string;
  /** What to import, to see that it works. */
  readonly module: string;
}

/**
 * A service that is a Python package. A half brought one is never taken for whole: a note beside the environment,
 * written last, says which requirement is in it.
 */
export function pythonPackage({ name, requirement, neededBy, module }: PythonPackage): Service {
  const note = join(home, `${module}.brought`);
  return {
    name,
    neededBy,
    find: () => (existsSync(servicesPython) && noteOf(note) === requirement ? servicesPython : undefined),
    bring: () => {
      rmSync(note, { force: true });
      if (!existsSync(servicesPython)) run(basePython(), ['-m', 'venv', home]);
      run(servicesPython, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]);
      run(servicesPython, ['-c', `import ${module}`]);
      writeFileSync(note, requirement);
    },
  };
}

function noteOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function basePython(): string {
  return isWindows ? 'python' : 'python3';
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: BRING_MS_MAX,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? `${command} ended with ${status}`);
}
