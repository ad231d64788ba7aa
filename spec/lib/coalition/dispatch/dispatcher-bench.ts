import type { BrokerEvent } from '../../../../actors/broker.js';
import { InMemoryBroker } from '../../../../lib/brokers/memory.js';
import type { DispatchPlan } from '../../../../lib/coalition/dispatch/dispatch-plan.js';
import { Dispatcher, type DispatcherOptions } from '../../../../lib/coalition/dispatch/dispatcher.js';
import type { Answer } from '../../../../lib/coalition/dispatch/settlement.js';
import type { ErrorData } from '../../../../lib/core/errors.js';
import type { HostFrame } from '../../../../lib/core/frame.js';
import type { Limits } from '../../../../lib/core/limits.js';
import type { Envelope } from '../../../../lib/core/message.js';
import { seededRandom } from '../../../../lib/core/random.js';
import { roundRobin } from '../../../../lib/scheduling/round-robin.js';
import { testEnvelopes } from '../../../../lib/testing/envelopes.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';
import { boom, FakeLink, limitsOf, settledFrame } from '../fakes.js';

export const QUEUE = 'spec.tasks';
/** Tries that a task of the bench has. */
export const ATTEMPTS = 3;

/** How an agent of a spec is dispatched. */
export function plan(fields: Partial<DispatchPlan> = {}): DispatchPlan {
  return {
    attempts: ATTEMPTS,
    backoff: { type: 'fixed', delayMs: 20 },
    timeoutMs: undefined,
    limit: undefined,
    concurrency: undefined,
    ...fields,
  };
}

/** A dispatcher over the real broker, whose workers are played by the spec. */
export class Bench {
  readonly clock = new ManualClock();
  readonly broker = new InMemoryBroker({ clock: this.clock });
  readonly answered: number[] = [];
  readonly retried: string[] = [];
  readonly dead: string[] = [];
  readonly told: BrokerEvent[] = [];
  readonly errors: unknown[] = [];
  readonly links = new Map<string, FakeLink>();
  readonly unwanted = new Set<number>();
  readonly dispatcher: Dispatcher;

  constructor(limits: Partial<Limits> = {}, options: Partial<DispatcherOptions> = {}) {
    const { clock, broker, answered, retried, dead, told, errors, unwanted } = this;
    this.dispatcher = new Dispatcher({
      broker,
      queue: QUEUE,
      session: 'producer',
      policy: roundRobin(),
      concurrency: 4,
      plans: new Map([['agent', plan()]]),
      unpacking: undefined,
      closedPlaces: () => [],
      sink: {
        answered: async (answers) => {
          answered.push(...answers.map(seqOf));
        },
        chunkAnswered: async () => {},
        refusalOf: () => undefined,
        kept: () => undefined,
        retried: ({ seq }, error, delayMs) => retried.push(`${seq} ${error.message} ${delayMs}`),
        deadLettered: ({ seq }, error) => dead.push(`${seq} ${error.message}`),
      },
      isWanted: ({ seq }) => !unwanted.has(seq),
      tell: (event) => told.push(event),
      onError: (error) => errors.push(error),
      onPolicyFault: (error) => errors.push(error),
      clock,
      random: seededRandom(1),
      limits: limitsOf(limits),
      ...options,
    });
  }

  async publish(from: number, to: number, fields: Partial<Envelope> = {}): Promise<void> {
    await this.broker.publish(QUEUE, testEnvelopes(from, to, fields));
  }

  /** Publishes, and hands over at once whatever there was room for. */
  async give(from: number, to: number, fields: Partial<Envelope> = {}): Promise<void> {
    await this.publish(from, to, fields);
    await this.take(to - from + 1);
  }

  /** Receives that many, however much room there is. */
  async take(max: number): Promise<void> {
    const request = { consumer: 'session', max, waitMs: 0, leaseMs: 60_000 };
    this.dispatcher.accept(await this.broker.receive(QUEUE, request));
    await this.clock.settle();
  }

  /** What the broker actor does: receives as much as there is demand for. */
  async fetch(leaseMs = 60_000): Promise<number> {
    const max = this.dispatcher.demand;
    if (max === 0) return 0;
    const request = { consumer: 'session', max, waitMs: 0, leaseMs };
    const deliveries = await this.broker.receive(QUEUE, request);
    this.dispatcher.accept(deliveries);
    await this.clock.settle();
    return deliveries.length;
  }

  /** A worker comes; if the dispatcher ends it, it is gone. */
  join(id: string, link: FakeLink = new FakeLink()): FakeLink {
    this.links.set(id, link);
    void link.exited.then(() => this.#bury(id, link));
    this.dispatcher.workerReady(id, link, 256);
    return link;
  }

  /** The worker dies. */
  async die(id: string): Promise<void> {
    this.links.delete(id);
    this.dispatcher.workerGone(id);
    await this.clock.settle();
  }

  async settle(
    id: string,
    batch: number,
    at: readonly number[],
    failed: readonly number[] = [],
    error: ErrorData = boom(),
  ): Promise<void> {
    const failures = failed.map((place) => ({ at: place, error }));
    this.dispatcher.settle(id, settledFrame(batch, at, failures));
    await this.clock.settle();
  }

  async depth(): Promise<number> {
    const { ready, delayed, inFlight } = await this.broker.depth(QUEUE);
    return ready + delayed + inFlight;
  }

  #bury(id: string, link: FakeLink): void {
    if (this.links.get(id) !== link) return;
    this.links.delete(id);
    this.dispatcher.workerGone(id);
  }
}

function seqOf({ delivery }: Answer): number {
  return delivery.seq;
}

/** The sequence numbers of the batches that a worker was sent. */
export function batchesOf(link: FakeLink | undefined): number[][] {
  return (link?.batches ?? []).map(({ payloads }) => payloads.map(Number));
}

/** What else a worker was told, in order. */
export function toldOf(link: FakeLink | undefined): HostFrame[] {
  return (link?.sent ?? []).filter(({ type }) => type !== 'batch');
}
