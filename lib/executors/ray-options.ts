import { copyOf, type Fields, optionsOf, wholeNumber, wrong } from '../core/parse.js';
import type { RayAddress } from '../ray/address.js';

/** Where workers of isolation 'ray' run, and what each asks of its node. */
export interface RayOptions {
  /**
   * 'ray://local' (default) starts a Ray of its own and ends it; 'ray://host:port' joins a cluster by its Ray Client
   * server (port 10001 unless it says otherwise); with '?join=node' the port is that of the cluster's control store,
   * and this machine is one of the cluster.
   */
  readonly address?: string;
  /** Processors a worker reserves, also a part of one (default 1; on 'ray://local' 0, where `workers` alone decides). */
  readonly cpus?: number;
  /** Memory a worker reserves, in bytes (default: none). Ray counts it, it does not cap it. */
  readonly memoryBytes?: number;
  /** Resources of the cluster's own, such as `{ GPU: 1 }`, that a worker reserves (default: none). */
  readonly resources?: Readonly<Record<string, number>>;
  /** Node on the workers' nodes (default: where it is on this machine). */
  readonly nodePath?: string;
  /** The Python that has `ray`, for the bridge on this machine (default: `CONCLAVE_PYTHON`, or the first found). */
  readonly python?: string;
}

/** Options as they are in force. */
export interface RaySettings {
  readonly address: RayAddress;
  readonly nodePath: string;
  readonly python: string | undefined;
  /** What an actor is given, in Ray's own words. */
  readonly resources: Readonly<Record<string, unknown>>;
}

const OPTIONS = [
  'address',
  'cpus',
  'memoryBytes',
  'resources',
  'nodePath',
  'python',
] satisfies (keyof RayOptions)[];
const ADDRESS = /^ray:\/\/(\[[\da-f:.]+\]|[^\s/?#@:[\]]+)(?::(\d{1,5}))?\/?(\?join=node)?$/i;
const CLIENT_PORT = '10001';
const PORT_MAX = 65_535;
const CPUS_MAX = 1_024;

/** Checks the options of isolation 'ray'. @throws `InvalidOption`. */
export function parseRayOptions(options: RayOptions = {}): RaySettings {
  const given = optionsOf(options, 'the options of ray', OPTIONS);
  const address = parseAddress(given.address);
  return {
    address,
    nodePath: textOption('nodePath', given.nodePath) ?? process.execPath,
    python: textOption('python', given.python),
    resources: {
      num_cpus: amount('ray.cpus', given.cpus ?? (address.kind === 'local' ? 0 : 1), CPUS_MAX),
      ...memory(given.memoryBytes),
      ...custom(given.resources),
    },
  };
}

function parseAddress(address: unknown = 'ray://local'): RayAddress {
  if (address === 'ray://local') return { kind: 'local' };
  const [, host, port = CLIENT_PORT, join] = (typeof address === 'string' && ADDRESS.exec(address)) || [];
  if (host !== undefined && Number(port) >= 1 && Number(port) <= PORT_MAX) {
    return {
      kind: join === undefined ? 'client' : 'node',
      host: host.replaceAll(/[[\]]/g, ''),
      port: Number(port),
    };
  }
  throw wrong('ray.address', "'ray://local' or 'ray://host:port'", address);
}

function textOption(name: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw wrong(`ray.${name}`, 'a text that is not empty', value);
}

function memory(memoryBytes: unknown): Fields {
  if (memoryBytes === undefined) return {};
  return { memory: wholeNumber('ray.memoryBytes', memoryBytes, 1, Number.MAX_SAFE_INTEGER) };
}

/** Ray has a word of its own for graphics processors, and refuses it among the others. */
function custom(resources: unknown): Fields {
  if (resources === undefined) return {};
  if (typeof resources !== 'object' || resources === null || Array.isArray(resources))
    throw wrong('ray.resources', 'an object of amounts', resources);
  const { GPU, ...others } = copyOf<Fields>({ ...resources }, 'ray.resources');
  for (const [name, value] of Object.entries(others))
    amount(`ray.resources.${name}`, value, Number.MAX_SAFE_INTEGER);
  return {
    ...(GPU !== undefined && { num_gpus: amount('ray.resources.GPU', GPU, CPUS_MAX) }),
    ...(Object.keys(others).length > 0 && { resources: others }),
  };
}

function amount(path: string, value: unknown, most: number): number {
  if (typeof value === 'number' && value >= 0 && value <= most) return value;
  throw wrong(path, `a number from 0 to ${most}`, value);
}
