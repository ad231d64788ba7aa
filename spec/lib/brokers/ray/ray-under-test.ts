import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { openRayOn } from '../../../../lib/brokers/ray/open.js';
import type { RayFront } from '../../../../lib/brokers/ray/ray-front.js';
import { RAY_TIMINGS } from '../../../../lib/brokers/ray/timings.js';
import { countingIds } from '../../../../lib/core/ids.js';
import { type Limits, parseLimits } from '../../../../lib/core/limits.js';
import type { RayBridge } from '../../../../lib/ray/bridge.js';
import { RayFault } from '../../../../lib/ray/errors.js';
import type { BrokerUnderTest } from '../../../../lib/testing/index.js';
import { crashedCopy } from '../file/crashed-copy.js';
import { TurningClock } from '../file/turning-clock.js';

const DEPTH_MAX = 1_000_000;
const CALL_MS = 20_000;

/** Resolves when the broker has nothing under way with Ray. */
export async function settled(front: RayFront): Promise<void> {
  for (let idle = 0; idle < 2; idle = front.isIdle ? idle + 1 : 0) await pause(0);
}

async function advance(front: RayFront, clock: TurningClock, byMs: number): Promise<void> {
  await settled(front);
  await clock.advanceTurning(byMs);
  await settled(front);
}

/** The names by which Ray knows the queues of a tenant. */
export function namesInRay(tenant: string, queues: readonly string[]): string[] {
  return queues.map((queue) => `conclave/${tenant}/${queue}`);
}

/**
 * Ray brokers on a bridge that is there, one after the other on the same actors: each costs a process. Leases and
 * delays go by a clock in the spec's hand, Ray by real time.
 */
export class RayBench {
  readonly #bridge: RayBridge;
  readonly #tenant: string;
  readonly #queues: readonly string[];
  readonly #ids = countingIds();

  constructor(bridge: RayBridge, tenant: string, queues: readonly string[]) {
    this.#bridge = bridge;
    this.#tenant = tenant;
    this.#queues = queues;
  }

  /** Makes the queues, as deep as any spec needs them. */
  async make(): Promise<void> {
    for (const queue of this.#names())
      await this.#call('queue.open', { queue, depthMax: DEPTH_MAX, replace: true });
  }

  /** A broker without a ledger. */
  async open(limits: Partial<Limits>): Promise<BrokerUnderTest> {
    const clock = new TurningClock();
    const broker = await this.#open(limits, clock, undefined);
    return {
      broker,
      advance: (byMs) => advance(broker, clock, byMs),
      dispose: () => this.#dispose(clock),
    };
  }

  /** A broker with a ledger, which is opened again on what it has after a crash. */
  async openLedger(limits: Partial<Limits>): Promise<BrokerUnderTest> {
    const clock = new TurningClock();
    const folder = await mkdtemp(join(tmpdir(), 'conclave-ray-ledger-'));
    let path = join(folder, 'work.db');
    let copies = 0;
    const broker = await this.#open(limits, clock, path);
    let latest = broker;
    return {
      broker,
      advance: (byMs) => advance(latest, clock, byMs),
      reopen: async () => {
        await settled(latest); // puts under way would meet the next one, which then makes a new actor: a second each
        copies += 1;
        path = crashedCopy(path, `${copies}`);
        await latest.close({ drain: false, deadlineMs: 0 });
        latest = await this.#open(limits, clock, path);
        return latest;
      },
      dispose: async () => {
        await rm(folder, { recursive: true });
        await this.#dispose(clock);
      },
    };
  }

  #open(limits: Partial<Limits>, clock: TurningClock, ledger: string | undefined): Promise<RayFront> {
    const keeper = { get: async () => this.#bridge, close: async () => {} };
    return openRayOn(
      { name: 'ray://spec', keeper, timings: RAY_TIMINGS, outlives: false },
      {
        tenant: this.#tenant,
        ledger,
        durable: ledger !== undefined,
        python: undefined,
        clock,
        ids: this.#ids,
        limits: parseLimits(limits),
      },
    );
  }

  async #dispose(clock: TurningClock): Promise<void> {
    expect(clock.pending, 'timers left after close').to.equal(0);
    await this.#empty();
  }

  async purge(): Promise<void> {
    await this.#call('queue.purge', { queues: this.#names() });
  }

  /** So that the next broker finds nothing to take over. A get of the last one may be under way yet. */
  async #empty(): Promise<void> {
    for (const queue of this.#names()) {
      for (let size = await this.#size(queue); size > 0; size = await this.#size(queue)) {
        await this.#call('queue.get', { queue, count: 1 }).catch((error) => {
          if (!(error instanceof RayFault && error.kind === 'empty')) throw error;
        });
      }
    }
  }

  /** A spec may have purged it. */
  async #size(queue: string): Promise<number> {
    const { head } = await this.#call('queue.open', { queue, depthMax: DEPTH_MAX, replace: false });
    return Number(head.size);
  }

  #names(): string[] {
    return namesInRay(this.#tenant, this.#queues);
  }

  #call(op: string, head: object) {
    return this.#bridge.call({ op, head, deadlineMs: CALL_MS });
  }
}
