import { setTimeout as pause } from 'node:timers/promises';
import type { Broker, Delivery } from '../../lib/brokers/contract.js';
import { isFields } from '../../lib/core/parse.js';
import { type Random, randomInteger } from '../../lib/core/random.js';
import { decode } from '../../lib/core/value.js';
import { answerOf, journalSettling, untilAnswered } from './calls.js';
import { type Journal, nowUs } from './journal.js';

const BATCH_MAX = 64;
const WAIT_MS = 100;
const UNAVAILABLE_PAUSE_MS = 50;

/** What a consumer works with. */
export interface ConsumerTools {
  readonly broker: Broker;
  readonly queue: string;
  readonly journal: Journal;
  readonly random: Random;
  /** Its session. */
  readonly name: string;
  readonly leaseMs: number;
}

/**
 * Receives and settles as badly as a consumer may, until told to drain: late, twice, in parts, not at all, with
 * give-backs in between. From then on it acknowledges everything at once, until the queue is empty.
 */
export async function consume(tools: ConsumerTools, isDraining: () => boolean): Promise<void> {
  for (;;) {
    const wasDraining = isDraining();
    const deliveries = await receive(tools);
    if (wasDraining) await untilAnswered(() => ack(tools, deliveries));
    else await settle(tools, deliveries);
    if (wasDraining && deliveries.length === 0 && (await isEmpty(tools))) return;
  }
}

async function receive({ broker, queue, journal, random, name, leaseMs }: ConsumerTools) {
  const fromUs = nowUs();
  const max = 1 + randomInteger(random, BATCH_MAX);
  const received = await answerOf(() =>
    broker.receive(queue, { consumer: name, max, waitMs: WAIT_MS, leaseMs }),
  );
  if (received === undefined) await pause(UNAVAILABLE_PAUSE_MS);
  else if (received.length > 0) journal.given(fromUs, received, nameOf);
  return received ?? [];
}

/** A message goes by its id; by both, where its payload tells of another. */
function nameOf({ envelope }: Delivery): string {
  const payload = decode(envelope.payload);
  const told = isFields(payload) ? payload.id : undefined;
  return told === envelope.id ? envelope.id : `${envelope.id} with the payload of ${told}`;
}

async function settle(tools: ConsumerTools, deliveries: readonly Delivery[]): Promise<void> {
  const { random, leaseMs } = tools;
  if (deliveries.length === 0) return;
  const kept = deliveries.filter(() => randomInteger(random, 200) > 0);
  const draw = randomInteger(random, 40);
  if (draw === 0) await pause(randomInteger(random, 2 * leaseMs));
  if (draw === 1) await answerOf(() => extend(tools, kept));
  if (draw === 1) await pause(leaseMs * 0.8);
  if (draw === 2) await answerOf(() => nack(tools, kept));
  await ackWithin(tools, kept);
  if (draw === 3) await answerOf(() => ack(tools, kept));
}

/** Again while nobody answers, but not for longer than a lease: by then another has it. */
async function ackWithin(tools: ConsumerTools, deliveries: readonly Delivery[]): Promise<void> {
  const endMs = performance.now() + tools.leaseMs;
  for (;;) {
    const outcomes = await answerOf(() => ack(tools, deliveries));
    if (outcomes !== undefined || performance.now() > endMs) return;
    await pause(UNAVAILABLE_PAUSE_MS);
  }
}

async function ack({ broker, queue, journal }: ConsumerTools, deliveries: readonly Delivery[]) {
  if (deliveries.length === 0) return [];
  return journalSettling(journal, 'ack', deliveries, () => broker.ack(queue, deliveries));
}

async function extend({ broker, queue, leaseMs }: ConsumerTools, deliveries: readonly Delivery[]) {
  return broker.extend(queue, deliveries, leaseMs);
}

/** Gives back a few, at times with a delay; one in ten as a dead letter. */
async function nack({ broker, queue, journal, random, leaseMs }: ConsumerTools, all: readonly Delivery[]) {
  const deliveries = all.filter(() => randomInteger(random, 3) === 0);
  if (deliveries.length === 0) return [];
  const delayMs = randomInteger(random, 2) * randomInteger(random, leaseMs);
  const refusals = deliveries.map((receipt) => {
    const attemptsMax = randomInteger(random, 10) === 0 ? 0 : 1_000;
    return { receipt, fault: 'none', delayMs, attemptsMax, reason: 'given back by chaos' } as const;
  });
  return journalSettling(journal, 'nack', deliveries, () => broker.nack(queue, refusals));
}

async function isEmpty({ broker, queue }: ConsumerTools): Promise<boolean> {
  const depth = await untilAnswered(() => broker.depth(queue));
  return depth.ready + depth.delayed + depth.heldBack + depth.inFlight === 0;
}
