import { connect } from 'node:net';
import { ConclaveError, messageOf } from '../core/errors.js';

/**
 * Which Ray: one of our own on this machine; a cluster by its Ray Client server (`ray://host:10001`, passed on
 * unchanged); or a cluster by its control store (`host:6379`), which only a machine of that cluster can join.
 */
export type RayAddress =
  | { readonly kind: 'local' }
  | { readonly kind: 'client' | 'node'; readonly host: string; readonly port: number };

const PROBE_MS_MAX = 3_000;

/** The address as Ray takes it. */
export function rayAddressText(address: RayAddress): string {
  if (address.kind === 'local') return 'local';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.kind === 'client' ? 'ray://' : ''}${host}:${address.port}`;
}

/**
 * Resolves if something listens there: Ray itself takes more than a minute to say that nothing does.
 * @throws `BrokerUnavailable` (as a rejection) if not.
 */
export function probeRay(address: RayAddress): Promise<void> {
  if (address.kind === 'local') return Promise.resolve();
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PROBE_MS_MAX });
    const fail = (why: string) => {
      socket.destroy();
      const text = `No Ray answers at ${rayAddressText(address)}: ${why}. Is the cluster up, and the port the right one?`;
      reject(new ConclaveError('BrokerUnavailable', text));
    };
    socket.once('timeout', () => fail(`no connection within ${PROBE_MS_MAX} ms`));
    socket.once('error', (error) => fail(messageOf(error)));
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
