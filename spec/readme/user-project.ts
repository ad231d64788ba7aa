import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const strict = ['--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--types', 'node'];
const target = ['--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--module', 'nodenext'];

/** The blocks of a page that are of one language, in order. */
export function codeBlocks(path: string, language: string): string[] {
  const page = readFileSync(join(root, path), 'utf8');
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return [...page.matchAll(fence)].map(([, code]) => code ?? '');
}

/** Compiles these files as a user would, runs one of them, and tells what it printed. */
export function printed(files: Readonly<Record<string, string>>, main: string): Promise<string> {
  return withProject(async (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    await run(compiler, [...strict, ...target, ...Object.keys(files)], { cwd: folder }).catch(withErrors);
    return (await run(process.execPath, [main], { cwd: folder })).stdout;
  });
}

/** What a line for the shell prints, in a project that has the documents that ship as `handbook`. */
export function printedByShell(line: string): Promise<string> {
  return withProject(async (folder) => {
    cpSync(join(root, 'examples', 'research', 'documents'), join(folder, 'handbook'), { recursive: true });
    const bin = join(folder, 'node_modules', '.bin');
    mkdirSync(bin);
    symlinkSync(join(root, 'dist', 'lib', 'cli', 'main.js'), join(bin, 'conclave'));
    /* Never from the registry: the command under test is the one that is built. */
    const env = { ...process.env, npm_config_offline: 'true', npm_config_loglevel: 'error' };
    return (await run('sh', ['-c', line], { cwd: folder, env })).stdout;
  });
}

/** What `npm start` prints once it has built. */
export async function printedByStart(): Promise<string> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const line = String(scripts.start).replace('npm run --silent build && ', '');
  return (await run('sh', ['-c', line], { cwd: root })).stdout;
}

/** The compiler tells its errors on stdout, which the error of a failed process leaves out. */
function withErrors(failed: { readonly stdout: string }): never {
  throw new Error(`it does not compile:\n${failed.stdout}`, { cause: failed });
}

/** A user's project: the package as an installed dependency. */
async function withProject(body: (folder: string) => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-user-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(root, join(folder, 'node_modules', 'conclave'), 'dir');
    symlinkSync(join(root, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'dir');
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
