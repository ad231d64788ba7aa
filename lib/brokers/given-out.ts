import type { Delivery } from './contract.js';
import type { Held } from './held.js';

/** Messages as they are given out now, one delivery more; most have the same token, which is made once. */
export function givenOut(taken: readonly Held[], consumer: string, tokenMark: string): Delivery[] {
  let token = '';
  let tokenDeliveries = -1;
  return taken.map((held) => {
    held.deliveries += 1;
    if (held.deliveries !== tokenDeliveries) {
      tokenDeliveries = held.deliveries;
      token = `${consumer}#${tokenMark}${tokenDeliveries}`;
    }
    held.token = token;
    const { seq, envelope, deliveries, failures, crashes } = held;
    return { seq, token, envelope, deliveries, failures, crashes };
  });
}
