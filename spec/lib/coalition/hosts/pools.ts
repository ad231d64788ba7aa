import type { Presence } from '../../../../lib/coalition/hosts/presence.js';

/** What a pool says of itself. */
export function presenceOf(pool: string, fields: Partial<Presence> = {}): Presence {
  return { pool, host: 'a', pid: 7, agents: ['one'], workers: 2, state: 'here', leaseMs: 900, ...fields };
}
