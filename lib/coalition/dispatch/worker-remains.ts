import type { Delivery } from '../../brokers/contract.js';
import { ConclaveError } from '../../core/errors.js';
import { isChunk } from '../chunks/chunk.js';
import type { Failure } from './settlement.js';
import type { WorkerSlot } from './worker-slot.js';

/** What a worker that is gone had been sent and had not settled, by what becomes of it. */
export interface WorkerRemains {
  /** It was ended because these held it up: a failure of theirs. */
  readonly overdue: readonly Failure[];
  /** It died while it ran this task alone: a crash of that task's. */
  readonly crashed: readonly Failure[];
  /** One of these may have killed it: each runs alone next. */
  readonly suspects: readonly Delivery[];
  /** They had no part in its end, and run elsewhere at once. */
  readonly innocent: readonly Delivery[];
  /** It died while it ran this chunk and nothing else: one of its tasks is to blame. */
  readonly chunk: Failure | undefined;
  /** Nobody waits for these any more. */
  readonly unwanted: readonly Delivery[];
}

/** Says what becomes of each task that a worker leaves behind. */
export function sortRemains(
  { id, condemnedFor }: Pick<WorkerSlot, 'id' | 'condemnedFor'>,
  unsettled: readonly Delivery[],
  isWanted: (delivery: Delivery) => boolean,
): WorkerRemains {
  const wanted = unsettled.filter(isWanted);
  const unwanted = unsettled.filter((delivery) => !isWanted(delivery));
  const none = { overdue: [], crashed: [], suspects: [], innocent: [], chunk: undefined, unwanted };
  if (condemnedFor !== undefined) {
    const overdue = wanted.filter((delivery) => condemnedFor.has(delivery));
    const innocent = wanted.filter((delivery) => !condemnedFor.has(delivery));
    return {
      ...none,
      overdue: overdue.map((delivery) => ({ delivery, error: hungUp(id, delivery) })),
      innocent,
    };
  }
  // Alone means that nothing else was in flight, wanted or not.
  if (unsettled.length > 1) return { ...none, suspects: wanted };
  const crashed = wanted.map((delivery) => ({ delivery, error: diedOf(id, delivery) }));
  const [only] = crashed;
  return only !== undefined && isChunk(only.delivery.envelope)
    ? { ...none, chunk: only }
    : { ...none, crashed };
}

function diedOf(worker: string, { envelope }: Delivery): ConclaveError {
  return new ConclaveError('WorkerCrashed', `Worker ${worker} died while it ran task ${envelope.id} alone.`);
}

function hungUp(worker: string, { envelope }: Delivery): ConclaveError {
  return new ConclaveError(
    'Timeout',
    `Task ${envelope.id} ("${envelope.agent}") went on after its time was up (timeoutMs) and its signal had aborted ` +
      `(abortGraceMs), so worker ${worker} was ended. Let the handler look at context.signal, or allow it more time.`,
  );
}
