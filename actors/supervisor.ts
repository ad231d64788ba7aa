import { assign, setup } from 'xstate';
import type { ChildSpec, ExitKind } from '../lib/supervision/child.js';
import {
  addChild,
  childExited,
  childStarted,
  childStopped,
  stopChild,
  stopChildren,
} from '../lib/supervision/rules.js';
import type { SupervisorInput, SupervisorState, SupervisorStep } from '../lib/supervision/state.js';
import { oneForOne, type SupervisionStrategy } from '../lib/supervision/strategy.js';

/** What a supervisor hears. It reads no clock: times come with the events, in monotonic milliseconds. */
export type SupervisorEvent =
  | { readonly type: 'child.add'; readonly child: ChildSpec }
  | { readonly type: 'child.started'; readonly id: string; readonly atMs: number }
  | { readonly type: 'child.exited'; readonly id: string; readonly exit: ExitKind; readonly atMs: number }
  | { readonly type: 'child.stop'; readonly id: string }
  | { readonly type: 'stop' };

/** How a supervisor ended: told to, or because it gave up. */
export interface SupervisorOutput {
  readonly escalated: boolean;
}

/**
 * The supervisor: owns children in start order, restarts them by the rules of lib/supervision, stops them in
 * reverse. The shell gives `startChild`, `stopChild`, `retireChild` and `escalate` a body.
 * Source: Erlang/OTP, `supervisor` behaviour.
 */
export function createSupervisorChart(strategy: SupervisionStrategy) {
  const base = setup({
    types: {
      context: {} as SupervisorState,
      events: {} as SupervisorEvent,
      input: {} as SupervisorInput,
      output: {} as SupervisorOutput,
    },
    actions: {
      startChild: (_, _params: { readonly id: string; readonly attempt: number }) => undefined,
      stopChild: (_, _params: { readonly id: string }) => undefined,
      retireChild: (_, _params: { readonly id: string }) => undefined,
      escalate: (_, _params: { readonly id: string; readonly restarts: number }) => undefined,
      forgetChildren: assign({ children: [], stopping: [] }),
    },
    guards: {
      hasGivenUp: ({ context }) => context.escalated,
      hasNoChildren: ({ context }) => context.children.length === 0,
      hasStoppedAll: ({ context }) => context.stopping.length === 0,
    },
  });
  const decideNext = base.enqueueActions(({ context, event, enqueue }) => {
    const { state, effects } = decide(strategy, context, event);
    enqueue.assign(state);
    for (const effect of effects) enqueue(effect);
  });
  const stopAll = base.enqueueActions(({ context, enqueue }) => {
    const { state, effects } = stopChildren(context);
    enqueue.assign(state);
    for (const effect of effects) enqueue(effect);
  });
  const stopNext = base.enqueueActions(({ context, event, enqueue }) => {
    const { state, effects } = drain(context, event);
    enqueue.assign(state);
    for (const effect of effects) enqueue(effect);
  });
  return base.createMachine({
    id: 'supervisor',
    context: ({ input }) => ({ ...input, children: [], restarts: [], stopping: [], escalated: false }),
    output: ({ context }) => ({ escalated: context.escalated }),
    initial: 'idle',
    states: {
      idle: {
        on: {
          'child.add': { target: 'working', actions: decideNext },
          stop: 'draining',
          // Ignored: there are no children, so it comes from one that has been let go of.
          'child.started': {},
          'child.exited': {},
          'child.stop': {},
        },
      },
      working: {
        always: [
          { guard: 'hasGivenUp', target: 'draining' },
          { guard: 'hasNoChildren', target: 'idle' },
        ],
        on: {
          'child.add': { actions: decideNext },
          'child.started': { actions: decideNext },
          'child.exited': { actions: decideNext },
          'child.stop': { actions: decideNext },
          stop: 'draining',
        },
      },
      draining: {
        entry: stopAll,
        always: { guard: 'hasStoppedAll', target: 'stopped' },
        on: {
          'child.exited': { actions: stopNext },
          // Ignored: who leaves takes nobody on; the shell refuses before it asks.
          'child.add': {},
          // Ignored: a start that was under way; the child is told to stop when its turn comes.
          'child.started': {},
          // Ignored: everybody is being stopped, in turn.
          'child.stop': {},
          stop: {},
        },
      },
      // Final: whatever still arrives comes too late to matter, as nobody is left.
      stopped: { type: 'final', entry: 'forgetChildren' },
    },
  });
}

/** The supervisor with the default strategy, one_for_one. */
export const supervisorChart = createSupervisorChart(oneForOne);

function decide(
  strategy: SupervisionStrategy,
  context: SupervisorState,
  event: SupervisorEvent,
): SupervisorStep {
  switch (event.type) {
    case 'child.add':
      return addChild(context, event.child);
    case 'child.started':
      return childStarted(context, event.id, event.atMs);
    case 'child.exited':
      return childExited(strategy, context, event);
    case 'child.stop':
      return stopChild(context, event.id);
    case 'stop':
      return { state: context, effects: [] };
  }
}

function drain(context: SupervisorState, event: SupervisorEvent): SupervisorStep {
  return event.type === 'child.exited' ? childStopped(context, event.id) : { state: context, effects: [] };
}
