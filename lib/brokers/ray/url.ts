import { ConclaveError } from '../../core/errors.js';
import type { RayAddress } from '../../ray/address.js';

/** What the word of a Ray broker says. */
export interface RayUrl {
  readonly address: RayAddress;
  /** The path of the file ledger; undefined: none. */
  readonly ledger: string | undefined;
}

const LOCAL = 'local';
const CLIENT_PORT = 10_001;
const PORT_MAX = 65_535;
const QUESTIONS = ['ledger', 'join'];
const SHAPE = "'ray://local' or 'ray://HOST:PORT', with '?ledger=FILE' behind it where nothing may be lost";

/**
 * `ray://local`, or `ray://host:port` of a Ray Client server; with `?join=node` the port is that of the cluster's
 * control store, and this machine is one of the cluster. `?ledger=FILE` names a ledger.
 * @throws `InvalidOption`.
 */
export function parseRayUrl(word: string): RayUrl {
  const url = URL.canParse(word) ? new URL(word) : undefined;
  if (url === undefined || url.protocol !== 'ray:') throw wrong('it is no such URL');
  if (url.username !== '' || url.password !== '')
    throw wrong('it has a user or a password, and Ray takes its token from RAY_AUTH_TOKEN_PATH');
  if (url.hostname === '' || !['', '/'].includes(url.pathname) || url.hash !== '')
    throw wrong('it has no host, or more than one');
  const unknown = [...url.searchParams.keys()].find((name) => !QUESTIONS.includes(name));
  if (unknown !== undefined) throw wrong(`nobody knows '${unknown.slice(0, 40)}'`);
  const ledger = url.searchParams.get('ledger') ?? undefined;
  if (ledger === '') throw wrong('its ledger has no path');
  return { address: addressIn(url), ledger };
}

function addressIn(url: URL): RayAddress {
  const join = url.searchParams.get('join') ?? 'client';
  if (join !== 'client' && join !== 'node') throw wrong("join is 'client' or 'node'");
  if (url.hostname === LOCAL && url.port === '') return { kind: 'local' };
  const port = url.port === '' ? CLIENT_PORT : Number(url.port);
  if (port < 1 || port > PORT_MAX) throw wrong(`its port is not one from 1 to ${PORT_MAX}`);
  return { kind: join, host: url.hostname.replace(/^\[|\]$/g, ''), port };
}

function wrong(why: string): ConclaveError {
  return new ConclaveError('InvalidOption', `The word of a Ray broker is ${SHAPE}; ${why}.`);
}
