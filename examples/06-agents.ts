// The agents of example 06, for one pool or for another: each pool runs those that its module exports.
import { hostname } from 'node:os';
import { defineAgent } from 'conclave';

/** Counts the words of a text, and says where that was done. */
export const countWords = defineAgent({
  name: 'countWords',
  handle: ({ text }: { text: string }) => ({
    words: text.split(/\s+/).filter(Boolean).length,
    where: where(),
  }),
});

/** Turns a text round, and says where that was done. */
export const reverse = defineAgent({
  name: 'reverse',
  handle: ({ text }: { text: string }) => ({ text: [...text].reverse().join(''), where: where() }),
});

function where(): string {
  return `${hostname()}, process ${process.pid}`;
}
