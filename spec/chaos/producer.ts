import { setTimeout as pause } from 'node:timers/promises';
import type { Broker } from '../../lib/brokers/contract.js';
import { type Envelope, messageId } from '../../lib/core/message.js';
import { type Random, randomInteger } from '../../lib/core/random.js';
import { encode } from '../../lib/core/value.js';
import { testEnvelope } from '../../lib/testing/envelopes.js';
import { journalPublish, untilAnswered } from './calls.js';
import type { Journal } from './journal.js';

const BATCH_MAX = 64;
const PAUSE_MS_MAX = 10;
const FULL_PAUSE_MS = 20;
const KEYS = 64;
/** With its id a payload of about a hundred bytes. */
const PADDING = 'x'.repeat(70);

/** What a producer works with. */
export interface ProducerTools {
  readonly broker: Broker;
  readonly queue: string;
  readonly journal: Journal;
  readonly random: Random;
  /** Its session. */
  readonly name: string;
  /** Whether it names its messages itself, rather than by session and number. */
  readonly namesThem: boolean;
}

/**
 * Publishes batch after batch until told to stop, one call at a time: a call that was not answered is repeated with the
 * same identities until it is, before anything younger goes out. Now and then it sends again what was accepted long ago.
 */
export async function produce(tools: ProducerTools, mayGoOn: () => boolean): Promise<void> {
  const { random } = tools;
  for (let place = 1; mayGoOn(); ) {
    const count = 1 + randomInteger(random, BATCH_MAX);
    const batch = Array.from({ length: count }, (_, at) => envelope(tools, place + at));
    place += count;
    await publishAll(tools, batch);
    if (randomInteger(random, 20) === 0) await publishAll(tools, batch);
    await pause(randomInteger(random, PAUSE_MS_MAX));
  }
}

function envelope({ name, queue, random, namesThem }: ProducerTools, place: number): Envelope {
  const orderingKey = randomInteger(random, 4) === 0 ? `key-${randomInteger(random, KEYS)}` : undefined;
  const own = messageId(`${name}:own-${place}`);
  const made = testEnvelope(place, { producer: name, queue, orderingKey });
  const id = namesThem ? own : made.id;
  return { ...made, id, payload: encode({ id, padding: PADDING }) };
}

async function publishAll(
  { broker, queue, journal }: ProducerTools,
  batch: readonly Envelope[],
): Promise<void> {
  for (let rest = batch; rest.length > 0; ) {
    const outcomes = await untilAnswered(() =>
      journalPublish(journal, rest, () => broker.publish(queue, rest)),
    );
    rest = rest.filter((_, at) => outcomes[at] === 'full');
    if (rest.length > 0) await pause(FULL_PAUSE_MS);
  }
}
