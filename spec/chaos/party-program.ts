import { existsSync, writeFileSync } from 'node:fs';
import type { Broker } from '../../lib/brokers/contract.js';
import { seededRandom } from '../../lib/core/random.js';
import { openPlace } from './broker-places.js';
import { untilAnswered } from './calls.js';
import { consume } from './consumer.js';
import { Journal } from './journal.js';
import { doneNoteOf, drainNote, journalOf, type PartyPlan, stopProducingNote } from './party-plan.js';
import { produce } from './producer.js';

/* One process of a round: party-program.js PLAN, a `PartyPlan` as JSON. Whatever it does not expect ends it. */
const plan = JSON.parse(process.argv[2] ?? '') as PartyPlan;
const journal = new Journal(journalOf(plan));
const broker = await untilAnswered(() => openPlace(plan.broker));
let isProducing = true;
await Promise.all([
  Promise.all(producers(broker)).then(() => {
    isProducing = false;
  }),
  ...consumers(broker),
]);
await broker.close({ drain: false, deadlineMs: 0 });
journal.close();
writeFileSync(doneNoteOf(plan), '');

function producers(broker: Broker): Promise<void>[] {
  return toolsFor(broker, plan.producers, 'producer').map((tools, at) =>
    produce({ ...tools, namesThem: at % 2 === 1 }, () => !existsSync(stopProducingNote(plan.folder))),
  );
}

function consumers(broker: Broker): Promise<void>[] {
  return toolsFor(broker, plan.consumers, 'consumer').map((tools) =>
    consume({ ...tools, leaseMs: plan.leaseMs }, () => !isProducing && existsSync(drainNote(plan.folder))),
  );
}

function toolsFor(broker: Broker, count: number, role: 'producer' | 'consumer') {
  const { queue, name, seed } = plan;
  return Array.from({ length: count }, (_, at) => ({
    broker,
    queue,
    journal,
    random: seededRandom(seed + at + (role === 'producer' ? 0 : 1_000)),
    name: `${name}-${role}-${at}`,
  }));
}
