import { readFileSync } from 'node:fs';
import { RayBridge } from '../../lib/ray/bridge.js';
import { carryingMark } from '../scenarios/processes.js';
import { ray } from './services.js';

/* A start takes 3 to 5 s, so that all suites share one Ray. It is started where the first of them needs it. */
let shared: Promise<RayBridge> | undefined;

/** The interpreter that can import Ray; undefined where it was not brought. */
export function rayPython(): string | undefined {
  return ray.find();
}

/** Every process of the shared Ray carries it. */
const MARK = `conclave-ray-of-${process.pid}`;

/** The pids of the actors of the shared Ray that are queues. */
export function queueActors(): number[] {
  return carryingMark(MARK).filter((pid) => commandOf(pid).startsWith('ray::_QueueActor'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has gone meanwhile
  }
}

/** The bridge of the one local Ray of this run; it ends with the run. */
export function sharedRay(): Promise<RayBridge> {
  shared ??= RayBridge.start({
    address: { kind: 'local' },
    python: rayPython(),
    environment: { CONCLAVE_MARK: MARK },
  });
  return shared;
}

/** Another bridge to the shared Ray, as another process of the same user would have it. */
export async function joinSharedRay(): Promise<RayBridge> {
  const { facts } = await sharedRay();
  const [host = '', port] = facts.address.split(':');
  return RayBridge.start({
    address: { kind: 'node', host, port: Number(port) },
    python: rayPython(),
    environment: facts.environment,
  });
}

/** Root hooks of mocha: whatever suites there are, this comes after the last. */
after('ends the shared Ray', async function () {
  this.timeout(60_000);
  await (await shared?.catch(() => undefined))?.close();
});
