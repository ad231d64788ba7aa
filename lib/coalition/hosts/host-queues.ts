/** Where pools that join say that they are there. */
export function rosterQueue(coalition: string): string {
  return `${coalition}.pools`;
}

/** Where a pool that has joined hears of the shared state. */
export function inboxQueue(coalition: string, pool: string): string {
  return `${coalition}.state.${pool}`;
}
