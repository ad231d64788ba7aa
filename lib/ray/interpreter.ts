import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConclaveError } from '../core/errors.js';

/** Says whether Ray is there without the time that importing it takes. */
const HAS_RAY = 'import importlib.util as u, sys; sys.exit(0 if u.find_spec("ray") else 3)';
const LOOK_MS_MAX = 10_000;

/** Where a Python with Ray is looked for. */
export interface PythonSearch {
  /** The one to use, and no other. */
  readonly python?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
}

/**
 * A Python that can import Ray: the one named, else that of `CONCLAVE_PYTHON`, else the first that can of
 * `.services/python` in this folder or one above it, and `python3`.
 * @throws `DriverMissing` where there is none, with the line that helps.
 */
export async function findPython(search: PythonSearch): Promise<string> {
  const candidates = candidatesOf(search);
  for (const candidate of candidates) if (await hasRay(candidate)) return candidate;
  throw new ConclaveError(
    'DriverMissing',
    `Ray needs a Python that can import ray, and ${candidates.join(' and ')} cannot; ` +
      'pip install ray, or name another interpreter in CONCLAVE_PYTHON.',
  );
}

function candidatesOf({ python, env, folder }: PythonSearch): string[] {
  const named = python ?? env.CONCLAVE_PYTHON;
  if (named !== undefined && named !== '') return [named];
  const brought = servicesPython(folder);
  return brought === undefined ? ['python3'] : [brought, 'python3'];
}

function servicesPython(folder: string): string | undefined {
  const program = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  const path = join(folder, '.services', 'python', program);
  if (existsSync(path)) return path;
  const above = dirname(folder);
  return above === folder ? undefined : servicesPython(above);
}

function hasRay(python: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(python, ['-c', HAS_RAY], { timeout: LOOK_MS_MAX, killSignal: 'SIGKILL' }, (error) =>
      resolve(error === null),
    );
  });
}
