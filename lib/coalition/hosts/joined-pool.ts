import { within } from '../../core/clock.js';
import type { ConclaveError } from '../../core/errors.js';
import type { Subscription } from '../../core/listeners.js';
import { optionsOf, wholeNumber } from '../../core/parse.js';
import { type CoalitionEvents, createAnnouncer } from '../events.js';
import type { CoalitionSettings } from '../options.js';
import { inboxQueue } from './host-queues.js';
import { PoolAssembly, type PoolAssemblyOptions } from './pool-assembly.js';
import type { PoolInfo } from './presence.js';

/** How a pool leaves. */
export interface LeaveOptions {
  /** How long tasks that were begun may go on (default 10,000); what runs then is aborted and given back. */
  readonly graceMs?: number;
}

/** What a pool has done by the time it has left. */
export interface LeaveReport {
  /** Tasks it has answered. */
  readonly completed: number;
  /** Tasks that failed for good. */
  readonly deadLettered: number;
  /** Tasks it held when it left and gave back: other pools run them. */
  readonly requeued: number;
}

/** What a pool is made from; see `joinCoalition`. */
export type JoinedPoolParts = Omit<PoolAssemblyOptions, 'announcer' | 'onFailed'>;

/** How long workers that were told to leave, and the broker after them, may take. */
const LEAVE_MS = 2_000;

/**
 * A worker pool that works for a coalition of another process: it takes the tasks of the agents it has from the
 * shared broker, with a dispatcher, a policy and credits of its own.
 */
export class JoinedPool {
  /** The coalition it works for. */
  readonly name: string;
  readonly #settings: CoalitionSettings;
  readonly #parts: PoolAssembly;
  readonly #announcer = createAnnouncer();
  readonly #broker;
  readonly #counts = { completed: 0, deadLettered: 0 };
  #fail: (error: ConclaveError) => void = () => {};
  #leaving: Promise<LeaveReport> | undefined;
  /** Rejects when the workers cannot be kept alive; until then it is pending. */
  readonly failed: Promise<never>;

  /** @internal Use `joinCoalition`. */
  constructor(parts: JoinedPoolParts) {
    this.name = parts.settings.name;
    this.#settings = parts.settings;
    this.#broker = parts.broker;
    this.failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.failed.catch(() => {}); // whoever does not look is told by `fault`
    this.#parts = new PoolAssembly({
      ...parts,
      announcer: this.#announcer,
      onFailed: (error) => {
        this.#parts.wiring.fault('pool', error);
        this.#fail(error);
      },
    });
    this.#announcer.on('task', ({ state }) => {
      if (state === 'completed') this.#counts.completed += 1;
      if (state === 'failed') this.#counts.deadLettered += 1;
    });
  }

  /** @internal Starts the workers, says that it is here, and takes tasks only then: nobody is answered by a stranger. */
  async start(): Promise<void> {
    await this.#parts.pool.start();
    await this.#parts.heartbeat.start();
    this.#parts.takeTasks();
    this.#parts.wiring.tellWarnings();
  }

  /** What the coalition's coordinator knows of it. */
  get info(): PoolInfo {
    return this.#parts.info;
  }

  /** What the broker is called; never with a password. */
  get broker(): string {
    return this.#broker.name;
  }

  /** The workers that live now; `pid` is undefined for a thread. */
  get workers(): readonly { readonly id: string; readonly pid: number | undefined }[] {
    return this.#parts.pool.workers;
  }

  /**
   * Listens, until unsubscribed: to `task`, `progress`, `worker`, `restart`, `deadLetter` and `fault` of this pool.
   * @throws `InvalidOption` for an event that there is not, or a listener that is no function.
   */
  on<Name extends keyof CoalitionEvents>(
    name: Name,
    listener: (detail: CoalitionEvents[Name]) => void,
  ): Subscription {
    return this.#announcer.on(name, listener);
  }

  /**
   * Leaves the coalition: takes no more, finishes what was begun within the grace, gives back the rest, and leaves
   * nothing behind, no process, thread, timer or connection. A second call gets the first one's report.
   * @throws `InvalidOption`.
   */
  async shutdown(options: LeaveOptions = {}): Promise<LeaveReport> {
    const { graceMs = this.#settings.limits.shutdownGraceMs } = optionsOf(
      options,
      'the options of shutdown',
      ['graceMs'],
    );
    const grace = wholeNumber('graceMs', graceMs, 0, Number.MAX_SAFE_INTEGER);
    this.#leaving ??= this.#leave(grace);
    return this.#leaving;
  }

  /** As `shutdown()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #leave(graceMs: number): Promise<LeaveReport> {
    const { clock } = this.#settings;
    const { intake, dispatcher, pool, gate, mirror, heartbeat, results, claims, wiring } = this.#parts;
    const inTime = (promise: Promise<unknown>, ms: number) => within(clock, ms, promise);
    intake.tell({ type: 'drain' });
    const waiting = gate.close();
    const { held } = dispatcher;
    const returning = dispatcher.returnUnbegun(); // and takes them out of its lines at once
    const unbegun = held - dispatcher.held + waiting.length;
    await inTime(Promise.all([this.#parts.giveBack(waiting, 0), returning]), graceMs + LEAVE_MS);
    await dispatcher.idle(graceMs);
    const requeued = unbegun + dispatcher.held;
    await inTime(dispatcher.close(), LEAVE_MS);
    await pool.drain(LEAVE_MS, requeued === unbegun ? 'drain' : 'stop');
    await inTime(Promise.all([results.settled, claims.settled]), LEAVE_MS);
    await inTime(Promise.all([heartbeat.leave(), mirror.close()]), LEAVE_MS);
    for (const publisher of [results, claims]) publisher.close();
    await wiring.system.stop({ graceMs: LEAVE_MS });
    await pool.gone();
    await this.#letGo();
    return { ...this.#counts, requeued };
  }

  async #letGo(): Promise<void> {
    try {
      await this.#broker.purge?.([inboxQueue(this.name, this.info.pool)]);
      if (typeof this.#settings.broker !== 'string') return; // it was opened by whoever passed it in
      await this.#broker.close({ drain: false, deadlineMs: 0 });
    } catch (error) {
      this.#parts.wiring.fault('shutdown', error); // it cannot be reached, and is let go all the same
    }
  }
}
