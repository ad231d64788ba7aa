import { defineAgent } from '../../../lib/coalition/define.js';
import { handlers, type NumberPayload } from './payloads.js';

/** The least that an agent can do. */
export const square = defineAgent({ name: 'square', handle: handlers.square });

export const order = defineAgent({ name: 'order', handle: handlers.order });

/** Squares, and fails the first try of what is told to fail. */
export const shaky = defineAgent({
  name: 'shaky',
  backoff: { type: 'fixed', delayMs: 0 },
  handle: ({ n, fails }: NumberPayload & { readonly fails: boolean }, { attempt }) => {
    if (fails && attempt === 1) throw new Error('as it was told');
    return n * n;
  },
});
