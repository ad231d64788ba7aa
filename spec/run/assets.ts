import { chmodSync, cpSync } from 'node:fs';
import { listFiles } from '../structure/source.js';

/*
 * The second half of the build: what tsc does not copy. Whatever in lib/ and examples/ is not TypeScript goes
 * beside the compiled modules that open it by URL, and the command becomes executable.
 */
for (const path of listFiles('.', { untracked: true })) {
  if (/^(lib|examples)\//.test(path) && !path.endsWith('.ts')) cpSync(path, `dist/${path}`);
}
chmodSync('dist/lib/cli/main.js', 0o755);
