import { strict as assert } from 'node:assert';
import type { Delivery } from '../../../lib/brokers/contract.js';
import { QueueLink } from '../../../lib/brokers/ray/queue-link.js';
import { RAY_TIMINGS } from '../../../lib/brokers/ray/timings.js';
import { RayBroker } from '../../../lib/brokers/ray.js';
import { RayBridge } from '../../../lib/ray/bridge.js';
import { expectSame, inFlight, type Play, perSecond } from '../play.js';
import { envelopeOf, numberOf } from './envelopes.js';
import { chunksOf, PADDING, sumTo } from './work.js';

interface RaySetting {
  readonly host: string;
  readonly port: number;
  readonly messages: number;
  /** Messages a frame, or a call of the broker. */
  readonly by: number;
  readonly inFlight: number;
}

const QUEUE = 'tasks';
const LEASE_MS = 60_000;

export const plays = {
  /** The bridge alone: frames of so many messages, all that are under way coalesced on the other side. */
  frames: async ({ host, port, messages, by, inFlight: width }: RaySetting): Promise<Play> => {
    const bridge = await RayBridge.start({ address: { kind: 'node', host, port } });
    const link = await QueueLink.open(
      bridge,
      { name: 'bench-frames', depthMax: messages },
      true,
      RAY_TIMINGS,
    );
    return {
      round: async () => {
        let sum = 0;
        const figure = await perSecond(messages, async () => {
          const chunks = chunksOf(messages, by);
          await inFlight(chunks, width, (chunk) =>
            link.put(chunk.map((n) => Buffer.from(JSON.stringify({ n, padding: PADDING })))),
          );
          await inFlight(chunks, width, async ({ length }) => {
            for (const item of await link.get(length)) sum += JSON.parse(item.toString()).n;
          });
        });
        expectSame('the sum of what was got', sum, sumTo(messages));
        return figure;
      },
      close: () => bridge.close(),
    };
  },

  /** The broker as its users have it: envelopes, identities, leases. */
  broker: async (setting: RaySetting): Promise<Play> => {
    const { host, port, messages, by } = setting;
    const broker = await RayBroker.open(`ray://${host}:${port}?join=node`, { tenant: 'bench' });
    await broker.purge([QUEUE]);
    let count = 0;
    return {
      round: async () => {
        count += 1;
        const received: Delivery[] = [];
        const figure = await perSecond(messages, async () => {
          await inFlight(chunksOf(messages, by), setting.inFlight, async (chunk) => {
            const outcomes = await broker.publish(
              QUEUE,
              chunk.map((n) => envelopeOf(`producer-${count}`, n)),
            );
            assert(outcomes.every((outcome) => outcome === 'accepted'));
          });
          while (received.length < messages) {
            const request = { consumer: 'bench', max: by, waitMs: 1_000, leaseMs: LEASE_MS };
            const some = await broker.receive(QUEUE, request);
            await broker.ack(QUEUE, some);
            received.push(...some);
          }
        });
        const sum = received.reduce((total, { envelope }) => total + numberOf(envelope), 0);
        expectSame('the sum of what was received', sum, sumTo(messages));
        return figure;
      },
      close: async () => {
        await broker.purge([QUEUE]);
        await broker.close({ drain: false, deadlineMs: 0 });
      },
    };
  },
};
