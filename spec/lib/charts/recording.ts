import {
  type AnyActorLogic,
  createActor,
  type InspectionEvent,
  isMachineSnapshot,
  SimulatedClock,
} from 'xstate';
import { told } from './random-implementations.js';

/** Something that happens to an actor: an event, or milliseconds that pass. */
export type Stimulus = string | number;

/** How closely one looks. */
export interface Closeness {
  /** Whether the inspector's events and all that a snapshot can be asked are recorded too. */
  readonly isClose: boolean;
  /** Types of events that a snapshot is asked about. */
  readonly probes: readonly string[];
}

/** What can be seen of an actor as it goes through stimuli: one line each, in order. */
export function record(logic: AnyActorLogic, stimuli: readonly Stimulus[], closeness: Closeness): string[] {
  const lines: string[] = [];
  told.lines = lines;
  const clock = new SimulatedClock();
  const actor = createActor(logic, {
    id: 'actor',
    clock,
    logger: (...items: unknown[]) => lines.push(`logs ${JSON.stringify(items)}`),
    ...(closeness.isClose ? { inspect: (event: InspectionEvent) => lines.push(inspected(event)) } : {}),
  });
  const see = () => lines.push(...seen(actor.getSnapshot(), closeness));
  actor.subscribe({ error: (error) => lines.push(`fails with ${String(error)}`) });
  actor.on('*', (event) => lines.push(`emits ${JSON.stringify(event)}`));
  see();
  actor.start();
  see();
  for (const stimulus of stimuli) {
    const before = actor.getSnapshot();
    if (typeof stimulus === 'string') actor.send({ type: stimulus, of: lines.length });
    else clock.increment(stimulus);
    if (actor.getSnapshot() === before) lines.push('the very same snapshot');
    else see();
  }
  if (isMachineSnapshot(actor.getSnapshot())) {
    lines.push(attempt(() => JSON.stringify(actor.getPersistedSnapshot())));
  }
  actor.stop();
  see();
  return lines;
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
