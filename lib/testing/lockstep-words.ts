import type { Delivery } from '../brokers/contract.js';

/** What happened in a receive, and what decided the order of its first deliveries. */
export function wordsOf(deliveries: readonly Delivery[]): string[] {
  const words = [deliveries.length === 0 ? 'nothing' : 'delivered'];
  if (deliveries.some((delivery) => delivery.deliveries > 1)) words.push('delivered again');
  const firsts = deliveries.filter((delivery) => delivery.deliveries === 1);
  for (const [at, { seq, envelope }] of firsts.entries()) {
    const next = firsts[at + 1];
    if (envelope.delayMs > 0) words.push('delivered after its delay');
    if (next === undefined) continue;
    if (next.seq < seq) words.push('before an older one');
    if (next.envelope.priority > envelope.priority) words.push('before a larger priority');
  }
  return words;
}
