import { spawnSync } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { node24 } from '../services/node-24.js';

/*
 * `npm run test:node-24`: the specs once more, with Node 24 as the interpreter. It comes first on the PATH, so that
 * every process that a spec starts runs on it too.
 */
if (node24.find() === undefined) node24.bring();
const interpreter = node24.find();
if (interpreter === undefined) throw new Error('Node 24 was brought and is not there');
/* As the steps of `npm test`: specs that leave something open keep mocha alive, and that is a failure. */
const RUN_MS_MAX = 15 * 60_000;
const { status } = spawnSync(
  interpreter,
  ['--enable-source-maps', 'node_modules/mocha/bin/mocha.js', ...specs()],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
    env: { ...process.env, PATH: `${dirname(interpreter)}${delimiter}${process.env.PATH ?? ''}` },
  },
);
process.exitCode = status ?? 1;

/** What the command line names, or all of them. */
function specs(): readonly string[] {
  const named = process.argv.slice(2);
  return named.length > 0 ? named : ['dist/spec/**/*.spec.js'];
}
