import { join } from 'node:path';
import { FaultProxy } from '../services/fault-proxy.js';
import { type PrivateRedis, startRedis } from '../services/redis.js';
import { redisPrograms } from '../services/redis-programs.js';
import type { FaultKind } from './fault-schedule.js';
import type { BrokerPlace } from './party-plan.js';

/** Brokers that chaos knows. `memory` keeps nothing: what the checkers must find is tried on it. */
export type SceneName = 'file' | 'redis' | 'memory';

/** A server, and what stands between it and the parties. */
export interface SharedService {
  readonly server: PrivateRedis;
  readonly proxy: FaultProxy;
}

/** Where the parties of a round meet, and who they are. */
export interface Scene {
  readonly place: BrokerPlace;
  /** What the parties share; undefined where each has all that it needs. */
  readonly shared: SharedService | undefined;
  /** Producers and consumers a party. */
  readonly parties: readonly { readonly producers: number; readonly consumers: number }[];
  readonly kinds: readonly FaultKind[];
  /** From one fault to the next. */
  readonly gapMs: number;
  close(): Promise<void>;
}

const PARTY_KINDS: readonly FaultKind[] = ['kill party', 'stop party'];
const SERVER_KINDS: readonly FaultKind[] = ['kill server', 'stop server'];
const CONNECTION_KINDS: readonly FaultKind[] = [
  'cut connections',
  'stall connections',
  'lose a request',
  'lose a reply',
];
const ALONE = [{ producers: 3, consumers: 3 }];

/** What a broker with one owner gets: a process that has it, and works. */
function alone(place: BrokerPlace): Scene {
  return {
    place,
    shared: undefined,
    parties: ALONE,
    kinds: PARTY_KINDS,
    gapMs: 400,
    close: async () => undefined,
  };
}

/** The seed also chooses among the servers that this machine has. */
export async function openScene(name: SceneName, folder: string, seed: number): Promise<Scene> {
  switch (name) {
    case 'memory':
      return alone({ kind: 'memory' });
    case 'file':
      return alone({ kind: 'file', path: join(folder, 'work.db') });
    case 'redis':
      return redisScene(seed);
  }
}

async function redisScene(seed: number): Promise<Scene> {
  const programs = redisPrograms();
  const program = programs[seed % programs.length];
  const server = await startRedis({ ...(program && { program }), appendonly: 'always' });
  const proxy = await FaultProxy.open(server.port);
  const producing = { producers: 2, consumers: 0 };
  const consuming = { producers: 0, consumers: 2 };
  return {
    place: { kind: 'redis', url: `redis://127.0.0.1:${proxy.port}`, tenant: 'chaos' },
    shared: { server, proxy },
    parties: [producing, producing, consuming, consuming],
    kinds: [...PARTY_KINDS, ...PARTY_KINDS, ...SERVER_KINDS, ...CONNECTION_KINDS],
    gapMs: 400,
    close: async () => {
      await proxy.close();
      await server.stop();
    },
  };
}
