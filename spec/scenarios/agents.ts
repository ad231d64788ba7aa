import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { defineAgent } from '../../lib/coalition/define.js';

/* What the scenarios' workers run: good work, and every way of going wrong. */

export const square = defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n });

export const echo = defineAgent({ name: 'echo', handle: ({ value }: { value?: unknown }) => value });

/** Writes a line, whole and at once, to a file that outlives its process: an independent count of executions. */
export const witness = defineAgent({
  name: 'witness',
  handle({ n, file }: { n: number; file: string }, { attempt }) {
    appendFileSync(file, `${n} ${attempt}\n`);
    return n * n;
  },
});

/** As `witness`, but the task numbered `fatal` takes its worker along the first time. */
export const fatalOnce = defineAgent({
  name: 'fatalOnce',
  handle({ n, fatal, file }: { n: number; fatal: number; file: string }) {
    appendFileSync(file, `${n}\n`);
    if (n === fatal && !existsSync(`${file}.died`)) {
      writeFileSync(`${file}.died`, '');
      die();
    }
    return n * n;
  },
});

/** Takes its worker along whenever it is asked to; otherwise answers with the attempt. */
export const poison = defineAgent({
  name: 'poison',
  attempts: 3,
  handle({ fatal, ms = 0 }: { fatal: boolean; ms?: number }, { attempt }) {
    if (fatal) die();
    return ms === 0 ? attempt : pause(ms, attempt);
  },
});

/** Fills the heap of its worker. */
export const hog = defineAgent({
  name: 'hog',
  attempts: 1,
  handle() {
    const held: number[][] = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  },
});

/** Never gives its thread back. */
export const spin = defineAgent({
  name: 'spin',
  handle({ file }: { file: string }) {
    appendFileSync(file, 'spinning\n');
    for (;;);
  },
});

/** Takes its time, and does not look at its abort signal. */
export const stubborn = defineAgent({
  name: 'stubborn',
  handle: ({ ms }: { ms: number }) => pause(ms, 'done'),
});

/** Leaves as soon as it is aborted, and says so in a file. */
export const polite = defineAgent({
  name: 'polite',
  async handle({ file }: { file: string }, { signal }) {
    appendFileSync(file, 'begun\n');
    await pause(60_000, undefined, { signal }).catch(() => appendFileSync(file, `${signal.reason.code}\n`));
    return 'left';
  },
});

/** Prints where nothing but results belongs. */
export const chatty = defineAgent({
  name: 'chatty',
  handle({ text }: { text: string }) {
    console.log(`${text} by console.log`);
    process.stdout.write(`${text} by write\n`);
    return text;
  },
});

/** Throws an error with everything that an error can carry. */
export const thrower = defineAgent({
  name: 'thrower',
  attempts: 1,
  handle() {
    const cause = new TypeError('the root');
    throw Object.assign(new RangeError('out of range', { cause }), { code: 'E_RANGE' });
  },
});

/** Answers with something that cannot cross, by name. */
export const oddity = defineAgent({
  name: 'oddity',
  attempts: 1,
  handle: ({ kind }: { kind: string }) => oddities[kind],
});

const oddities: Readonly<Record<string, unknown>> = {
  function: { a: [0, () => 1] },
  date: new Date(0),
  map: { deep: { map: new Map() } },
  nan: Number.NaN,
  inner: { gone: undefined },
};

/** A thread ends by `process.exit`; a process takes the one way out that nothing can catch. */
function die(): never {
  if (isMainThread) process.kill(process.pid, 'SIGKILL');
  return process.exit(7);
}
