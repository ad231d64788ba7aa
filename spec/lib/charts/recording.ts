import { expect } from 'chai';
import {
  type Actor,
  type AnyActorLogic,
  type AnyEventObject,
  createActor,
  type InspectionEvent,
  isMachineSnapshot,
  SimulatedClock,
} from 'xstate';
import { told } from './random-implementations.js';

/** Something that happens to an actor: an event or its type, or milliseconds that pass. */
export type Stimulus = AnyEventObject | string | number;

/** How closely one looks. */
export interface Closeness {
  /** Whether the inspector's events and all that a snapshot can be asked are recorded too. */
  readonly isClose: boolean;
  /** Types of events that a snapshot is asked about. */
  readonly probes: readonly string[];
  /** What the actor is given at birth. */
  readonly input?: object;
}

/** What can be seen of an actor as it goes through stimuli: one line each, in order. */
function record(logic: AnyActorLogic, stimuli: readonly Stimulus[], closeness: Closeness): string[] {
  const lines: string[] = [];
  told.lines = lines;
  const { input } = closeness;
  const persisted = live(logic, { input }, stimuli, closeness, lines);
  if (closeness.isClose && persisted !== undefined) {
    lines.push(persisted, 'again, from what was persisted');
    live(logic, { snapshot: JSON.parse(persisted) }, stimuli, closeness, lines);
  }
  return lines;
}

/** Fails where the logic does not do what the chart does. */
export function compare(
  chart: AnyActorLogic,
  logic: AnyActorLogic,
  stimuli: readonly Stimulus[],
  closeness: Closeness,
): void {
  const expected = record(chart, stimuli, closeness);
  const actual = record(logic, stimuli, closeness);
  const at = expected.findIndex((line, index) => line !== actual[index]);
  if (at === -1 && actual.length === expected.length) return;
  const around = (lines: readonly string[]) => lines.slice(Math.max(0, at - 3), at + 2);
  expect(around(actual)).to.deep.equal(around(expected));
}

/** What is left of it afterwards, if it has not ended. */
function live(
  logic: AnyActorLogic,
  start: object,
  stimuli: readonly Stimulus[],
  closeness: Closeness,
  lines: string[],
): string | undefined {
  const clock = new SimulatedClock();
  const actor = createActor(logic, {
    ...start,
    id: 'actor',
    clock,
    logger: (...items: unknown[]) => lines.push(`logs ${JSON.stringify(items)}`),
    ...(closeness.isClose ? { inspect: (event: InspectionEvent) => lines.push(inspected(event)) } : {}),
  });
  actor.subscribe({ error: (error) => lines.push(`fails with ${String(error)}`) });
  actor.on('*', (event) => lines.push(`emits ${JSON.stringify(event)}`));
  lines.push(...seen(actor.getSnapshot(), closeness));
  actor.start();
  lines.push(...seen(actor.getSnapshot(), closeness));
  for (const stimulus of stimuli) {
    const before = actor.getSnapshot();
    if (typeof stimulus === 'number') clock.increment(stimulus);
    else actor.send(typeof stimulus === 'string' ? { type: stimulus, of: lines.length } : stimulus);
    if (actor.getSnapshot() === before) lines.push('the very same snapshot');
    else lines.push(...seen(actor.getSnapshot(), closeness));
  }
  return stopped(actor, lines);
}

function stopped(actor: Actor<AnyActorLogic>, lines: string[]): string | undefined {
  const isActive = actor.getSnapshot().status === 'active';
  const persisted = isActive ? attempt(() => JSON.stringify(actor.getPersistedSnapshot())) : undefined;
  actor.stop();
  lines.push(brief(actor.getSnapshot()));
  return persisted;
}

function inspected(event: InspectionEvent): string {
  const who = 'id' in event.actorRef ? String(event.actorRef.id) : '';
  switch (event.type) {
    case '@xstate.microstep':
      return `${who} microstep ${JSON.stringify([event.event, event._transitions])} ${brief(event.snapshot)}`;
    case '@xstate.action':
      return `${who} action ${event.action.type} ${JSON.stringify(event.action.params)}`;
    case '@xstate.snapshot':
      return `${who} snapshot ${JSON.stringify(event.event)} ${brief(event.snapshot)}`;
    case '@xstate.event':
      return `${who} event ${JSON.stringify(event.event)}`;
    default:
      return `${who} ${event.type}`;
  }
}

/** Never a state as it is: it would be written down with all that it leads to. */
function brief(snapshot: unknown): string {
  if (!isMachineSnapshot(snapshot)) return JSON.stringify(snapshot);
  const { value, status, output, context, error, _nodes } = snapshot;
  return JSON.stringify([status, value, context, output, String(error), _nodes.map(({ id }) => id)]);
}

function seen(snapshot: unknown, { isClose, probes }: Closeness): string[] {
  if (!isMachineSnapshot(snapshot) || !isClose) return [brief(snapshot)];
  const { tags, children, historyValue, value } = snapshot;
  const histories = Object.entries(historyValue).map(([id, nodes]) => [id, nodes.map((node) => node.id)]);
  return [
    brief(snapshot),
    Object.keys(snapshot).join(),
    JSON.stringify([[...tags], Object.keys(children), histories, snapshot.getMeta()]),
    Object.keys(Object(snapshot.toJSON())).join(),
    probes.map((type) => attempt(() => String(snapshot.can({ type })))).join(),
    String([snapshot.matches(value), snapshot.matches('k1'), snapshot.hasTag('t1')]),
  ];
}

function attempt(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    return `threw ${String(error)}`;
  }
}
