import type { Broker, Delivery } from '../../lib/brokers/contract.js';
import { InMemoryBroker } from '../../lib/brokers/memory.js';
import { type Random, randomInteger } from '../../lib/core/random.js';
import { testEnvelope } from '../../lib/testing/envelopes.js';
import { ManualClock } from '../../lib/testing/manual-clock.js';
import type { Given, History, PublishTry, Settling } from './history.js';

const QUEUE = 'tasks';
const OPENING = 'the one';
const LEASE_MS = 10;
const STEPS = 150;
const PRODUCERS = 3;
const DEPTH_MAX = 20;

/** A history as a broker that keeps its promises makes it: random, drained, and the same for the same chance. */
export async function playHistory(random: Random): Promise<History> {
  const play = new Play(random);
  for (let step = 0; step < STEPS; step += 1) await play.step();
  await play.drain();
  return play;
}

class Play implements History {
  readonly published: PublishTry[] = [];
  readonly given: Given[] = [];
  readonly settled: Settling[] = [];
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #broker: Broker = new InMemoryBroker({ clock: this.#clock, limits: { queueDepthMax: DEPTH_MAX } });
  readonly #places = new Map<string, number>();
  readonly #out: Delivery[] = [];
  #nowUs = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  async step(): Promise<void> {
    const draw = this.#below(10);
    if (draw < 3) await this.#publish();
    else if (draw < 6) await this.#receive();
    else if (draw < 9) await this.#settle();
    else await this.#clock.advance(this.#below(LEASE_MS));
  }

  async drain(): Promise<void> {
    while (Object.values(await this.#broker.depth(QUEUE)).some((count) => count > 0)) {
      await this.#receive();
      await this.#settle('ack');
      await this.#clock.advance(1);
    }
  }

  async #publish(): Promise<void> {
    const producer = `p${this.#below(PRODUCERS)}`;
    const tried = this.#places.get(producer) ?? 0;
    const place = this.#below(5) === 0 ? Math.max(1, tried) : tried + 1;
    this.#places.set(producer, place);
    const orderingKey = place % 3 === 0 ? `key ${place % 2}` : undefined;
    const fromUs = this.#tick();
    const [outcome = 'full'] = await this.#broker.publish(QUEUE, [
      testEnvelope(place, { producer, orderingKey }),
    ]);
    this.published.push({ id: `${producer}:${place}`, producer, place, fromUs, toUs: this.#tick(), outcome });
  }

  async #receive(): Promise<void> {
    const fromUs = this.#tick();
    const request = { consumer: `c${this.#below(3)}`, max: 1 + this.#below(4), waitMs: 0, leaseMs: LEASE_MS };
    const received = await this.#broker.receive(QUEUE, request);
    const toUs = this.#tick();
    for (const { envelope, seq, deliveries } of received)
      this.given.push({
        opening: OPENING,
        id: envelope.id,
        seq,
        deliveries,
        key: envelope.orderingKey,
        fromUs,
        toUs,
      });
    this.#out.push(...received);
  }

  /** One delivery that was given out at any time: one too late is stale. */
  async #settle(type: 'ack' | 'nack' = this.#below(4) === 0 ? 'nack' : 'ack'): Promise<void> {
    const delivery = this.#out[this.#below(this.#out.length)];
    if (delivery === undefined) return;
    const fromUs = this.#tick();
    const [outcome = 'stale'] =
      type === 'ack' ? await this.#broker.ack(QUEUE, [delivery]) : await this.#giveBack(delivery);
    const { envelope, deliveries } = delivery;
    this.settled.push({
      opening: OPENING,
      type,
      id: envelope.id,
      deliveries,
      fromUs,
      toUs: this.#tick(),
      outcome,
    });
  }

  #giveBack(receipt: Delivery) {
    const attemptsMax = this.#below(4) === 0 ? 0 : 100;
    return this.#broker.nack(QUEUE, [
      { receipt, fault: 'none', delayMs: 0, attemptsMax, reason: 'given back' },
    ]);
  }

  /** A wide step, so that a plant finds room between two. */
  #tick(): number {
    this.#nowUs += 10;
    return this.#nowUs;
  }

  #below(count: number): number {
    return randomInteger(this.#random, count);
  }
}
