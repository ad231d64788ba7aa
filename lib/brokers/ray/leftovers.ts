import { type Envelope, messageId } from '../../core/message.js';
import { RayFault } from '../../ray/errors.js';
import type { MemoryQueue } from '../memory-queue.js';
import { rawEnvelope } from '../raw-envelope.js';
import { decodeItem, type RayItem } from './item.js';
import type { QueueLink } from './queue-link.js';

const GET_MAX = 64;

/** Who takes over a queue. */
export interface Heir {
  readonly name: string;
  readonly session: string;
  readonly queue: MemoryQueue;
}

/**
 * Takes everything out of a queue that is opened: what another session has put is accepted here as if it was
 * published now, or is a dead letter if it cannot be. Answers the seqs of what this session itself has put.
 */
export async function takeLeftovers(link: QueueLink, heir: Heir): Promise<ReadonlySet<number>> {
  const own = new Set<number>();
  for (let left = link.size; left > 0; left -= Math.min(left, GET_MAX)) {
    for (const bytes of await link.get(Math.min(left, GET_MAX))) {
      const item = decodeItem(bytes);
      if (item?.session === heir.session) own.add(item.seq);
      else adopt(item, bytes, heir);
    }
  }
  return own;
}

/** Takes everything out of a queue, for nobody; false where that did not go by itself, as when another takes too. */
export async function discarded(link: QueueLink): Promise<boolean> {
  try {
    for (let left = link.size; left > 0; left -= Math.min(left, GET_MAX))
      await link.get(Math.min(left, GET_MAX));
    return true;
  } catch (error) {
    if (error instanceof RayFault) return false;
    throw error;
  }
}

function adopt(item: RayItem | undefined, bytes: Buffer, { name, queue }: Heir): void {
  if (item === undefined) {
    queue.bury(malformed(bytes, name), 'malformed: not put by this package');
    return;
  }
  const envelope = item.envelope();
  const [outcome] = queue.publish([envelope]);
  if (outcome === 'full' || outcome === 'too-large')
    queue.bury(envelope, `${outcome} when it was taken over with the Ray queue that held it`);
}

/** What holds the raw bytes of an item that is none of ours. */
function malformed(bytes: Buffer, queue: string): Envelope {
  return rawEnvelope({ id: messageId('malformed'), producer: '', queue, priority: 0 }, bytes);
}
