import type { AnyActorLogic } from 'xstate';
import { ConclaveError } from '../core/errors.js';
import type { SupervisorHandle } from '../system/system.js';
import type { AgentHandle } from './contract.js';

/**
 * An actor logic as a handler: each task is an actor of its own, whose input is the payload. Its output is the result,
 * its error the failure; an abort stops it, and with it whatever it has invoked or spawned. A logic that never ends
 * by itself, as one of `fromCallback`, ends by its time limit alone.
 */
export function logicHandle(system: SupervisorHandle, logic: AnyActorLogic): AgentHandle<never, unknown> {
  return async (payload, { signal }) => {
    const actor = system.spawn(logic, { input: payload, restart: 'temporary', awaited: true });
    const stop = () => {
      void actor.stop(); // `exited` says when that is done
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const exit = await actor.exited;
    signal.removeEventListener('abort', stop);
    if (exit.type === 'normal') return exit.output;
    if (exit.type === 'abnormal') throw exit.error;
    throw signal.aborted ? signal.reason : new ConclaveError('Cancelled', 'The worker stops.');
  };
}
