/*
 * Counts what the code of the memory broker runs through: how often each of its functions and blocks was entered, as
 * V8's precise coverage tells. Prints, for a shallow queue and a deep one, the steps of the same work on either.
 */
import { Session } from 'node:inspector';
import type { Delivery } from '../../../lib/brokers/contract.js';
import { MemoryQueue } from '../../../lib/brokers/memory-queue.js';
import { defaultLimits } from '../../../lib/core/limits.js';
import { messageId } from '../../../lib/core/message.js';
import { ManualClock, testEnvelope } from '../../../lib/testing/index.js';

const BATCH = 64;
const ROUNDS = 8;
const [shallow, deep] = [2_048, 65_536];

/** The work of which the steps are counted, and whether the queue holds its messages out or waiting meanwhile. */
interface Work {
  readonly isOut: boolean;
  readonly round: (queue: Depth, turn: number) => Promise<void> | void;
}

class Depth {
  readonly clock = new ManualClock();
  readonly queue = new MemoryQueue(this.clock, defaultLimits);
  #seq = 0;

  publish(count: number, isOwnId = false): void {
    const envelopes = Array.from({ length: count }, () => {
      this.#seq += 1;
      return isOwnId
        ? testEnvelope(this.#seq, { id: messageId(`order ${this.#seq}`) })
        : testEnvelope(this.#seq);
    });
    this.queue.publish(envelopes);
  }

  receive(leaseMs: number): Promise<readonly Delivery[]> {
    return this.queue.receive({ consumer: 'ada', max: BATCH, waitMs: 0, leaseMs });
  }
}

const works: Record<string, Work> = {
  'publish, receive and ack': {
    isOut: false,
    async round(depth) {
      depth.publish(BATCH);
      depth.queue.ack(await depth.receive(1_000_000));
    },
  },
  "publish, receive and ack, with callers' ids": {
    isOut: false,
    async round(depth) {
      depth.publish(BATCH, true);
      depth.queue.ack(await depth.receive(1_000_000));
    },
  },
  'publish, receive and ack, while many are out': {
    isOut: true,
    async round(depth) {
      depth.publish(BATCH);
      depth.queue.ack(await depth.receive(1_000_000));
    },
  },
  'receive and expiry, while many are out': {
    isOut: true,
    async round(depth, turn) {
      if (turn === 0) depth.publish(BATCH);
      await depth.receive(10);
      await depth.clock.advance(10);
      depth.queue.catchUp();
    },
  },
  'receive and refusal': {
    isOut: false,
    async round(depth) {
      const receipts = await depth.receive(1_000_000);
      const how = { fault: 'none', delayMs: 0, attemptsMax: 9, reason: '' } as const;
      depth.queue.nack(receipts.map((receipt) => ({ receipt, ...how })));
    },
  },
};

async function stepsOf(work: Work, count: number): Promise<number> {
  const depth = new Depth();
  for (let left = count; left > 0; left -= BATCH) {
    depth.publish(BATCH);
    // Leases of many lengths, so that none is in its place by chance.
    if (work.isOut) await depth.receive(500_000 + ((left * 7_919) % 400_000));
  }
  await ask('Profiler.takePreciseCoverage');
  for (let turn = 0; turn < ROUNDS; turn += 1) await work.round(depth, turn);
  return sumOf(await ask('Profiler.takePreciseCoverage'));
}

function ask(method: string, params: object = {}): Promise<object> {
  return new Promise((resolve, reject) =>
    session.post(method, params, (error, answer) => (error === null ? resolve(answer ?? {}) : reject(error))),
  );
}

/** All counts of functions and blocks in what the broker is made of. */
function sumOf(taken: object): number {
  let sum = 0;
  JSON.stringify(taken, (key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return key === 'count' ? add(Number(value)) : value;
    const isOther = 'url' in value && !/\/lib\/(brokers|core)\//.test(String(value.url));
    return isOther ? undefined : value;
  });
  return sum;

  function add(count: number): number {
    sum += count;
    return count;
  }
}

// Before anything is called: what was compiled without counters has none.
const session = new Session();
session.connect();
await ask('Profiler.enable');
await ask('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
const steps: Record<string, { readonly shallow: number; readonly deep: number }> = {};
for (const [name, work] of Object.entries(works))
  steps[name] = { shallow: await stepsOf(work, shallow), deep: await stepsOf(work, deep) };
process.stdout.write(JSON.stringify(steps));
