// The agents of example 03, each with its own way of going wrong.
import { defineAgent } from 'conclave';

export const moody = defineAgent({
  name: 'moody',
  backoff: { type: 'fixed', delayMs: 20 },
  handle(payload: { town: string }, { attempt }) {
    if (attempt < 3) throw new Error(`not in the mood, attempt ${attempt}`);
    return `${payload.town} is lovely, said at attempt ${attempt}`;
  },
});

export const crasher = defineAgent({
  name: 'crasher',
  attempts: 2,
  handle({ fatal }: { fatal: boolean }, { attempt }) {
    if (fatal) process.kill(process.pid, 'SIGKILL'); // As a native crash or the kernel's memory killer would.
    return `fine, at attempt ${attempt}`;
  },
});
