import { type Clock, within } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import { optionsOf, wholeNumber, wrong } from '../core/parse.js';
import type { Assembly } from './assembly.js';
import type { CoalitionSettings } from './options.js';

/** How a coalition is shut down. */
export interface ShutdownOptions {
  /** How long tasks may go on (default 10,000). What runs then is aborted and given back. */
  readonly graceMs?: number;
  /** 'queue' (default) finishes every accepted task; 'inFlight' only those begun. */
  readonly drain?: 'queue' | 'inFlight';
}

/** Where every accepted task ended: the numbers add up to what was accepted. */
export interface ShutdownReport {
  /** Answered, of what this coalition has accepted; tasks that an earlier process left are not among them. */
  readonly completed: number;
  /** Given back to a broker that keeps them: they run when the coalition is started again. */
  readonly requeued: number;
  /** Failed for good. */
  readonly deadLettered: number;
  /** Lost with a broker that keeps nothing. */
  readonly abandoned: number;
  /** Nobody wanted them any more: cancelled by hand or by a signal, or the rest of a `map` that was left. */
  readonly cancelled: number;
}

const OPTIONS = ['graceMs', 'drain'] satisfies (keyof ShutdownOptions)[];

/** Options as they are in force. @throws `InvalidOption`. */
export function parseShutdown(options: ShutdownOptions, limits: Limits): Required<ShutdownOptions> {
  const given = optionsOf(options, 'the options of shutdown', OPTIONS);
  const { graceMs = limits.shutdownGraceMs, drain = 'queue' } = given;
  if (drain !== 'queue' && drain !== 'inFlight') throw wrong('drain', "'queue' or 'inFlight'", drain);
  return { graceMs: wholeNumber('graceMs', graceMs, 0, Number.MAX_SAFE_INTEGER), drain };
}

/** How long workers that were told to leave, and writers with an empty queue before them, may take. */
const LEAVE_MS = 2_000;

export interface DrainRequest {
  readonly parts: Assembly;
  readonly graceMs: number;
  readonly drain: 'queue' | 'inFlight';
  readonly settings: CoalitionSettings;
}

/**
 * Ends a coalition in order: finish tasks until the deadline, give back the rest, let workers leave, drain
 * results and claims, give up the leadership, stop every actor. Resolves to how many tasks were left over.
 */
export async function drainCoalition({ parts, graceMs, drain, settings }: DrainRequest): Promise<number> {
  const { clock } = settings;
  const deadlineMs = clock.nowMs() + graceMs;
  const leftMs = () => Math.max(0, deadlineMs - clock.nowMs());
  parts.tasks.close();
  parts.table.tell();
  if (drain === 'inFlight') {
    parts.intake.tell({ type: 'drain' });
    await within(clock, leftMs() + LEAVE_MS, parts.dispatcher.returnUnbegun());
    await parts.dispatcher.idle(leftMs());
  } else {
    parts.coordinator.send({ type: 'drain' });
    await within(clock, leftMs(), parts.coordinator.exited);
    parts.intake.tell({ type: 'drain' });
  }
  await stopWorkers(parts, clock);
  await drainWriters(parts, clock, leftMs() + LEAVE_MS);
  parts.hosts?.outbox.close();
  parts.hosts?.vacancies?.close();
  await within(clock, LEAVE_MS, Promise.all([parts.elsewhere.close(), parts.hosts?.roster.close()]));
  const error = shutDown(parts, settings);
  const left = parts.lost + parts.table.failAll(error);
  parts.tasks.end();
  parts.table.tell(); // now: once the coordinator is stopped it would be a dead letter
  parts.query?.fail(error);
  await parts.leadership.resign();
  await parts.system.stop({ graceMs: LEAVE_MS });
  await parts.pool.gone();
  return left;
}

/**
 * Closes what the coalition has opened itself; of one that nobody will come back to, nothing stays on the broker.
 * Resolves to whether what was left over is still there.
 */
export async function letGo(parts: Assembly, settings: CoalitionSettings): Promise<boolean> {
  const { broker, store, isOneOff } = settings;
  try {
    if (isOneOff) await parts.broker.purge?.(parts.queues);
    if (typeof broker === 'string') await parts.broker.close({ drain: false, deadlineMs: 0 });
  } catch (error) {
    parts.fault('shutdown', error); // it cannot be reached, and is let go all the same
  }
  if (typeof store === 'string') await parts.store.close();
  return isKept(parts, settings);
}

/** Whether what is left over is there when the coalition is started again. */
function isKept({ broker }: Assembly, { isOneOff }: CoalitionSettings): boolean {
  const { durable, shared } = broker.capabilities;
  return (durable || shared) && !isOneOff;
}

async function stopWorkers(parts: Assembly, clock: Clock): Promise<void> {
  const isIdle = parts.dispatcher.held === 0;
  await within(clock, LEAVE_MS, parts.dispatcher.close()); // a broker that cannot be reached takes nothing back
  await parts.pool.drain(LEAVE_MS, isIdle ? 'drain' : 'stop');
}

/**
 * Tells both writers, once everything is published, to stop, and waits until they have drained their queues. Of a queue
 * that others drain as well they wait for the claims of this coalition alone.
 */
async function drainWriters(parts: Assembly, clock: Clock, withinMs: number): Promise<void> {
  const writers = [parts.aggregator, parts.storage];
  const claimed = () => parts.desk.counts.claimed;
  const ended = Promise.all([parts.results.settled, parts.claims.settled]).then(async () => {
    if (parts.broker.capabilities.shared)
      await parts.storage.whenPersisted(claimed(), withinMs).catch(() => {}); // told below
    for (const writer of writers) writer.stop();
    await Promise.all(writers.map((writer) => writer.ended));
  });
  await within(clock, withinMs, ended);
  if (parts.storage.persisted < claimed()) parts.fault('shutdown', unwritten(parts, withinMs));
  parts.results.close();
  parts.claims.close();
}

function shutDown(parts: Assembly, settings: CoalitionSettings): ConclaveError {
  const { name } = settings;
  const advice = isKept(parts, settings)
    ? `It is on ${parts.broker.name} still, and runs when "${name}" is started again; allow it more graceMs.`
    : 'Allow it more graceMs, or a durable broker.';
  return new ConclaveError(
    'ShuttingDown',
    `The coalition was shut down before this task was done. ${advice}`,
  );
}

function unwritten(parts: Assembly, withinMs: number): ConclaveError {
  const { claimed } = parts.desk.counts;
  const { durable, shared } = parts.broker.capabilities;
  const rest = durable || shared ? 'waits in its queue for the next of that name' : 'is lost with its queue';
  return new ConclaveError(
    'StoreUnavailable',
    `${parts.storage.persisted} of ${claimed} claims were in ${parts.store.name} when the shutdown gave up after ` +
      `${Math.round(withinMs)} ms; the rest ${rest}.`,
  );
}
