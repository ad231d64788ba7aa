/** Version of everything that is kept: another one would not be seen by this release. */
const LAYOUT = 1;

/** Where a tenant's keys begin; the braces keep them on one server of a cluster. */
export function tenantKeys(tenant: string): string {
  return `conclave:${LAYOUT}:{${encodeURIComponent(tenant)}}:`;
}

/** Where a queue's keys begin. */
export function queueKeys(tenant: string, queue: string): string {
  return `${tenantKeys(tenant)}q:${encodeURIComponent(queue)}:`;
}
