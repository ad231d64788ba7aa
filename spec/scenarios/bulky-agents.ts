import { defineAgent } from '../../lib/coalition/define.js';

/** Takes a little while over a text, and answers with its length. */
export const chew = defineAgent({
  name: 'chew',
  handle({ text }: { text: string }) {
    let sum = 0;
    for (let at = 0; at < text.length; at += 1) sum += text.charCodeAt(at) % 2;
    return sum < 0 ? sum : text.length;
  },
});

/** Answers with a text of that length. */
export const swell = defineAgent({
  name: 'swell',
  attempts: 1,
  handle: ({ length }: { length: number }) => 'x'.repeat(length),
});
