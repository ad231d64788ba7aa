import { handlers } from './payloads.js';

/** What a frame of payloads is answered with: an array of answers, as text like the frame. */
export function answerText(work: string, text: string): string {
  const handle: (payload: never) => number = work === 'order' ? handlers.order : handlers.square;
  const payloads: never[] = JSON.parse(text);
  return JSON.stringify(payloads.map((payload) => handle(payload)));
}
