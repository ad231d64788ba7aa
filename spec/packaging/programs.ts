/* What a user writes on the first day, for the empty folder. */

/** A module of agents. */
export const agentsProgram = `
import { defineAgent } from 'conclave';
export const square = defineAgent({ name: 'square', handle: ({ n }) => n * n });
`;

/** Embeds a coalition on processes, by import. */
export const importProgram = `
import { createCoalition } from 'conclave';
const agents = new URL('./agents.js', import.meta.url);
const coalition = await createCoalition({ agents, workers: 2, isolation: 'process' });
const task = await coalition.submit('square', { n: 12 });
const mapped = [];
for await (const value of coalition.map('square', [{ n: 1 }, { n: 2 }])) mapped.push(value);
const result = await task.result();
const { completed, abandoned } = await coalition.shutdown();
console.log(JSON.stringify({ result, mapped, completed, abandoned }));
`;

/** The same in CommonJS: \`require\` of ESM, which Node can do from 20.19 on. */
export const requireProgram = `
const { createCoalition, defineAgent, electLeader } = require('conclave');
const { ManualClock } = require('conclave/testing');
const square = defineAgent({ name: 'square', handle: ({ n }) => n * n });
(async () => {
  const coalition = await createCoalition({ agents: { square }, workers: 1 });
  const result = await (await coalition.submit('square', { n: 12 })).result();
  await coalition.shutdown();
  const { leader } = electLeader(['b', 'a']);
  console.log(JSON.stringify({ result, leader, clock: typeof ManualClock }));
})();
`;

/** Asks for what needs a driver that is not installed. */
export const driverProgram = `
import { createCoalition, isConclaveError, openClaimStore } from 'conclave';
import { brokerConformance } from 'conclave/testing';
const said = [];
const tell = (error) => said.push({ typed: isConclaveError(error, 'DriverMissing'), message: error.message });
await openClaimStore('file:claims.db').catch(tell);
const agents = new URL('./agents.js', import.meta.url);
await createCoalition({ agents, store: 'file:claims.db' }).catch(tell);
const random = brokerConformance({ name: 'none' }).find(({ name }) => name.includes('random'));
await random.run().catch(tell);
console.log(JSON.stringify(said));
`;

/** Prints every module that importing the package brings in. */
export const listingProgram = `
import { register } from 'node:module';
const hook = \`import { writeSync } from 'node:fs';
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  writeSync(1, resolved.url + ' ');
  return resolved;
}\`;
register('data:text/javascript,' + encodeURIComponent(hook));
await import('conclave');
`;

/** What the compiler of a user has to know: all entries, their types, and a program over them, which another may import. */
export const typedProgram = `
import {
  type AgentName,
  type Broker,
  type ClaimStore,
  type Coalition,
  createCoalition,
  defineAgent,
  electLeader,
  fromPromise,
  InMemoryBroker,
  type PayloadOf,
  priority,
  type ResultOf,
  roundRobin,
  type Task,
  workStealing,
} from 'conclave';
import * as check from 'conclave/check';
import { ManualClock } from 'conclave/testing';
export const square = defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n });
export const length = defineAgent({
  name: 'length',
  logic: fromPromise(async ({ input }: { input: string }) => input.length),
});
type Agents = { readonly square: typeof square; readonly length: typeof length };
export async function start() {
  return createCoalition<Agents>({ agents: { square, length }, schedule: workStealing({ seed: 7 }) });
}
const coalition = await start();
const task: Task<number> = await coalition.submit('square', { n: 12 }, { priority: 9, orderingKey: 'user-7' });
const clock: number = new ManualClock().nowMs();
const id: string = electLeader(['b', 'a']).leader;
// @ts-expect-error the payload is typed
await coalition.submit('square', { n: 'twelve' });

/* Whatever is inferred from here on has a name for whoever imports it. */
export const policies = { stealing: workStealing(), inTurn: roundRobin(), ranked: priority({ ageingMs: 50 }) };
export const broker = new InMemoryBroker();
export const depth = () => broker.depth('tasks');
export const receive = (consumer: string) =>
  broker.receive('tasks', { consumer, max: 1, waitMs: 0, leaseMs: 30_000 });
export const leases = (store: ClaimStore) => store.readLease('squares');
export function ask<Name extends AgentName<Agents>>(
  agents: Coalition<Agents>,
  name: Name,
  payload: PayloadOf<Agents, Name>,
): Promise<Task<ResultOf<Agents, Name>>> {
  return agents.submit(name, payload);
}
export class OwnBroker implements Broker {
  readonly name = 'own';
  readonly capabilities = broker.capabilities;
  readonly publish: Broker['publish'] = (queue, envelopes) => broker.publish(queue, envelopes);
  readonly receive: Broker['receive'] = (queue, request) => broker.receive(queue, request);
  readonly ack: Broker['ack'] = (queue, receipts) => broker.ack(queue, receipts);
  readonly nack: Broker['nack'] = (queue, refusals) => broker.nack(queue, refusals);
  readonly extend: Broker['extend'] = (queue, receipts, leaseMs) => broker.extend(queue, receipts, leaseMs);
  readonly deadLetters: Broker['deadLetters'] = (queue) => broker.deadLetters(queue);
  readonly depth: Broker['depth'] = (queue) => broker.depth(queue);
  readonly close: Broker['close'] = (request) => broker.close(request);
}
export { check, clock, id, task };
`;
