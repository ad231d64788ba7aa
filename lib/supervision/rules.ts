import type { ChildSpec, ExitKind } from './child.js';
import { recordRestart } from './intensity.js';
import { shouldRestart } from './restart.js';
import type { SupervisedChild, SupervisorEffect, SupervisorState, SupervisorStep } from './state.js';
import type { SupervisionStrategy } from './strategy.js';

/** A new child, started at once. An id that is taken changes nothing. */
export function addChild(state: SupervisorState, { id, restart }: ChildSpec): SupervisorStep {
  if (find(state, id) !== undefined) return unchanged(state);
  const child: SupervisedChild = { id, restart, phase: 'starting', attempt: 0, startedAtMs: 0 };
  return { state: { ...state, children: [...state.children, child] }, effects: [start(child)] };
}

/** A child runs. */
export function childStarted(state: SupervisorState, id: string, atMs: number): SupervisorStep {
  if (find(state, id)?.phase !== 'starting') return unchanged(state);
  return unchanged(update(state, id, { phase: 'running', startedAtMs: atMs }));
}

/** Somebody asked for one child to go, for good. */
export function stopChild(state: SupervisorState, id: string): SupervisorStep {
  const phase = find(state, id)?.phase;
  if (phase === undefined || phase === 'leaving') return unchanged(state);
  if (phase === 'down') return { state: remove(state, id), effects: [retire(id)] };
  const leaving = update(state, id, { phase: 'leaving' });
  // Whoever is in the queue of a plan is told when its turn comes.
  return { state: leaving, effects: state.stopping.includes(id) ? [] : [stop(id)] };
}

/** A child has ended: it is let go of, or started again with whom the strategy names, or the supervisor gives up. */
export function childExited(
  strategy: SupervisionStrategy,
  state: SupervisorState,
  { id, exit, atMs }: { readonly id: string; readonly exit: ExitKind; readonly atMs: number },
): SupervisorStep {
  const child = find(state, id);
  if (child === undefined || child.phase === 'down') return unchanged(state);
  if (child.phase === 'stopping') return settle(update(state, id, { phase: 'down' }), id, []);
  if (child.phase === 'leaving' || !shouldRestart(child.restart, exit)) {
    return settle(remove(state, id), id, [retire(id)]);
  }
  return fail(strategy, state, child, atMs);
}

/** Everybody goes, in reverse order of starting, each when the one after it is gone. */
export function stopChildren(state: SupervisorState): SupervisorStep {
  const children = state.children.filter(({ phase }) => phase !== 'down');
  const stopping = children.map(({ id }) => id).reverse();
  return { state: { ...state, children, stopping }, effects: stopping.slice(0, 1).map(stop) };
}

/** A child has ended while everybody goes: the next one's turn. */
export function childStopped(state: SupervisorState, id: string): SupervisorStep {
  const stopping = state.stopping.filter((other) => other !== id);
  const turn = state.stopping[0] === id ? stopping.slice(0, 1) : [];
  return { state: { ...remove(state, id), stopping }, effects: turn.map(stop) };
}

function fail(
  strategy: SupervisionStrategy,
  state: SupervisorState,
  child: SupervisedChild,
  atMs: number,
): SupervisorStep {
  const { restarts, exceeded } = recordRestart(state.restarts, atMs, state);
  if (exceeded) {
    const failed = { ...update(state, child.id, { phase: 'down' }), restarts, escalated: true };
    return {
      state: failed,
      effects: [{ type: 'escalate', params: { id: child.id, restarts: restarts.length } }],
    };
  }
  const lasted = child.phase === 'running' && atMs - child.startedAtMs > state.periodMs;
  const attempt = lasted ? 1 : child.attempt + 1;
  return follow(strategy, { ...update(state, child.id, { phase: 'down', attempt }), restarts }, child.id);
}

/** Takes down whom the plan names, one after the other; `settle` brings them back. */
function follow(strategy: SupervisionStrategy, state: SupervisorState, failed: string): SupervisorStep {
  const plan = strategy(
    state.children.map(({ id }) => id),
    failed,
  );
  const toStop = plan.stop.filter((id) => isUp(find(state, id)));
  const stopped = toStop.reduce((next, id) => update(next, id, { phase: 'stopping' }), state);
  const stopping = [...state.stopping, ...toStop];
  const first = state.stopping.length === 0 ? toStop.slice(0, 1) : [];
  return settle({ ...stopped, stopping }, failed, first.map(stop));
}

/** Moves the queue on after `id` has gone; once it is empty, all that are down are started, in start order. */
function settle(state: SupervisorState, id: string, effects: readonly SupervisorEffect[]): SupervisorStep {
  const stopping = state.stopping.filter((other) => other !== id);
  const turn = state.stopping[0] === id ? stopping.slice(0, 1) : [];
  if (stopping.length > 0) return { state: { ...state, stopping }, effects: [...effects, ...turn.map(stop)] };
  const due = state.children.filter(({ phase }) => phase === 'down');
  const children = state.children.map((child) =>
    child.phase === 'down' ? { ...child, phase: 'starting' as const } : child,
  );
  return { state: { ...state, stopping, children }, effects: [...effects, ...due.map(start)] };
}

function isUp(child: SupervisedChild | undefined): boolean {
  return child?.phase === 'running' || child?.phase === 'starting';
}

function find(state: SupervisorState, id: string): SupervisedChild | undefined {
  return state.children.find((child) => child.id === id);
}

function update(state: SupervisorState, id: string, change: Partial<SupervisedChild>): SupervisorState {
  return {
    ...state,
    children: state.children.map((child) => (child.id === id ? { ...child, ...change } : child)),
  };
}

function remove(state: SupervisorState, id: string): SupervisorState {
  return { ...state, children: state.children.filter((child) => child.id !== id) };
}

function unchanged(state: SupervisorState): SupervisorStep {
  return { state, effects: [] };
}

function start({ id, attempt }: SupervisedChild): SupervisorEffect {
  return { type: 'startChild', params: { id, attempt } };
}

function stop(id: string): SupervisorEffect {
  return { type: 'stopChild', params: { id } };
}

function retire(id: string): SupervisorEffect {
  return { type: 'retireChild', params: { id } };
}
