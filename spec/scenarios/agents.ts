import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import { setup } from 'xstate';
import { z } from 'zod';
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

/** As `witness`, but goes on until it is aborted the first time. */
export const lingerOnce = defineAgent({
  name: 'lingerOnce',
  handle({ n, file }: { n: number; file: string }, { signal }) {
    const isFirst = !existsSync(`${file}.${n}`);
    writeFileSync(`${file}.${n}`, '');
    appendFileSync(file, `${n}\n`);
    return isFirst ? pause(600_000, n, { signal }) : n * n;
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
  handle: () => outOfRange(),
});

function outOfRange(): never {
  const cause = new TypeError('the root');
  throw Object.assign(new RangeError('out of range', { cause }), { code: 'E_RANGE' });
}

/** Answers with something that cannot cross, by name. */
export const oddity = defineAgent({
  name: 'oddity',
  attempts: 1,
  handle: ({ kind }: { kind: string }) => oddities[kind],
});

/** An effect whose outcome cannot cross, by name. */
export const oddEffect = defineAgent({
  name: 'oddEffect',
  attempts: 1,
  handle: ({ kind }: { kind: string }, { once }) => once('effect', () => oddities[kind]),
});

/** An effect that is told in a file each time it happens. */
export const effect = defineAgent({
  name: 'effect',
  handle: ({ file }: { file: string }, { once, attempt }) =>
    once('effect', () => {
      appendFileSync(file, `${attempt}\n`);
      return { attempt, bytes: new Uint8Array([1, 2]) };
    }),
});

/** Answers with so many characters. */
export const grow = defineAgent({
  name: 'grow',
  handle: ({ length }: { length: number }) => 'x'.repeat(length),
});

/** Is submitted a text, and handles a date. */
export const dated = defineAgent({
  name: 'dated',
  attempts: 1,
  input: z.object({ at: z.iso.datetime().transform((text) => new Date(text)), days: z.int().default(1) }),
  handle: ({ at, days }) => new Date(at.getTime() + days * 86_400_000).toISOString(),
});

/** A chart that answers after so long, or fails with everything that an error can carry. */
export const chart = defineAgent({
  name: 'chart',
  attempts: 1,
  logic: setup({
    types: {
      context: {} as { ms: number; fails: boolean },
      input: {} as { ms: number; fails?: boolean },
      output: {} as { waitedMs: number },
    },
    actions: {
      failIfAsked: ({ context }) => {
        if (context.fails) outOfRange();
      },
    },
    delays: { wait: ({ context }) => context.ms },
  }).createMachine({
    context: ({ input }) => ({ ms: input.ms, fails: input.fails === true }),
    initial: 'waiting',
    states: {
      waiting: { after: { wait: { target: 'over', actions: 'failIfAsked' } } },
      over: { type: 'final' },
    },
    output: ({ context }) => ({ waitedMs: context.ms }),
  }),
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
