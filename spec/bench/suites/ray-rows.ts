import { fileURLToPath } from 'node:url';
import type { RayBridge } from '../../../lib/ray/bridge.js';
import { nodeSide, type Row } from '../row.js';

const BY_100 = { messages: 20_000, by: 100, inFlight: 64 };
/* The build copies no Python of spec/: it runs from where it was written. */
const CLIENT = fileURLToPath(new URL('../../../../spec/bench/players/ray_client.py', import.meta.url));

/** What the bridge and the broker do beside the Python client of the same queue, on one local Ray. */
export function rayRows({ facts }: RayBridge, python: string): readonly Row[] {
  const [host = '', port = ''] = facts.address.split(':');
  const { environment } = facts;
  const setting = { host, port: Number(port), ...BY_100 };
  const conclave = (play: string) => ({
    ...nodeSide('conclave', 'conclave-ray', play, setting),
    environment,
  });
  const peer = {
    name: 'Python client, batches of 100',
    command: [python, CLIENT, facts.address, JSON.stringify(BY_100)],
    environment,
  };
  const row = { unit: 'messages/s', better: 'more', peer } as const;
  return [
    { ...row, name: 'ray: through the bridge, frames of 100', conclave: conclave('frames') },
    { ...row, name: 'ray: through the broker, by 100', conclave: conclave('broker') },
  ];
}
