import { candidateChart } from '../../actors/candidate.js';
import type { Clock } from '../core/clock.js';
import { ConclaveError } from '../core/errors.js';
import type { Limits } from '../core/limits.js';
import type { LeaseRecord, LeaseStore } from '../storage/contract.js';
import type { ActorSystem } from '../system/system.js';

/** A lease that is not had by then is worth a word. */
const LEASE_NOTICE_MS = 1_000;

export interface LeadershipOptions {
  readonly system: ActorSystem;
  readonly store: LeaseStore;
  /** This candidate's name. */
  readonly id: string;
  readonly coalition: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly onElected: (epoch: number) => void;
  readonly onDeposed: (epoch: number, reason: string) => void;
  readonly onError: (error: unknown) => void;
}

/** The shell of the candidate chart: takes, renews and gives up the coalition's lease in the store. */
export class Leadership {
  /** Resolves when this candidate leads for the first time. */
  readonly begun: Promise<void>;
  #begin: () => void = () => {};
  readonly #options: LeadershipOptions;
  readonly #actor;
  #epoch = 0;
  #storeError: unknown;
  #wake: (() => void) | undefined;
  #released: Promise<void> = Promise.resolve();

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
    this.#actor = options.system.spawn(this.#chart(), {
      id: 'candidate',
      input: { id: options.id, coalition: options.coalition, leaseMs: options.limits.leaseMs },
      restart: 'transient',
      stopEvent: { type: 'stop' },
    });
  }

  /** The epoch it leads in; that of its last leadership when it does not, so that its late writes are refused. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Resolves once this candidate leads.
   * @throws `LeaseHeld` when another has kept the lease alive for one and a half leases; what the store said when it
   * could not be read in all that time.
   */
  async elected(): Promise<void> {
    const { clock, limits, coalition } = this.#options;
    if (this.#epoch > 0) return;
    const notice = clock.setTimer(() => this.#tellWaiting(), LEASE_NOTICE_MS);
    const isElected = await new Promise<boolean>((resolve) => {
      const timer = clock.setTimer(() => resolve(false), 1.5 * limits.leaseMs);
      this.#wake = () => {
        timer.cancel();
        resolve(true);
      };
    });
    notice.cancel();
    if (isElected) return;
    const { observation } = this.#actor.getSnapshot().context;
    if (observation?.state?.holder === undefined && this.#storeError !== undefined) throw this.#storeError;
    const holder = observation?.state?.holder ?? 'another process';
    throw new ConclaveError(
      'LeaseHeld',
      `Coalition "${coalition}" is led by ${holder}, which is alive: it renewed its lease within ${limits.leaseMs} ms. ` +
        'Stop it, or give this coalition another name.',
    );
  }

  #tellWaiting(): void {
    const { coalition, limits, onError } = this.#options;
    const holder = this.#actor.getSnapshot().context.observation?.state?.holder ?? 'nobody that is known';
    onError(
      `coalition "${coalition}" waits for its lease, held by ${holder}, for at most ${1.5 * limits.leaseMs} ms`,
    );
  }

  /** Gives the lease up, so that the next leader need not wait. */
  async resign(): Promise<void> {
    await this.#actor.stop();
    await this.#released;
  }

  #chart() {
    const { store } = this.#options;
    return candidateChart.provide({
      actions: {
        readLease: (_, { name }) =>
          void this.#ask('read', async () => {
            const record = await store.readLease(name);
            this.#actor.send({ type: 'lease.read', record, atMs: this.#options.clock.nowMs() });
          }),
        takeLease: (_, { name, holder, expected }) =>
          void this.#ask('take', async (sinceMs) => {
            const record = await store.takeLease(name, holder, expected);
            if (record === undefined) this.#actor.send({ type: 'lease.refused' });
            // A candidate that has stopped meanwhile does not know that it holds the lease.
            else if (!this.#actor.send({ type: 'lease.taken', record, tookMs: this.#tookMs(sinceMs) }))
              this.#release(record);
          }),
        renewLease: (_, { record }) => void this.#ask('renew', (sinceMs) => this.#renew(record, sinceMs)),
        releaseLease: (_, { record }) => this.#release(record),
        announceLeader: (_, { epoch }) => {
          this.#epoch = epoch;
          this.#begin();
          this.#options.onElected(epoch);
          this.#wake?.();
        },
        stepDown: (_, { epoch, reason }) => this.#options.onDeposed(epoch, reason),
      },
    });
  }

  async #renew(record: LeaseRecord, sinceMs: number): Promise<void> {
    const renewed = await this.#options.store.renewLease(record);
    if (renewed === undefined) this.#actor.send({ type: 'lease.lost', epoch: record.epoch });
    else this.#actor.send({ type: 'lease.renewed', record: renewed, tookMs: this.#tookMs(sinceMs) });
  }

  #release(record: LeaseRecord): void {
    this.#released = this.#options.store.releaseLease(record).catch((error) => this.#options.onError(error));
  }

  async #ask(step: 'read' | 'take' | 'renew', body: (sinceMs: number) => Promise<void>): Promise<void> {
    try {
      await body(this.#options.clock.nowMs());
    } catch (error) {
      this.#storeError = error;
      this.#options.onError(error);
      this.#actor.send({ type: 'store.failed', step });
    }
  }

  #tookMs(sinceMs: number): number {
    return this.#options.clock.nowMs() - sinceMs;
  }
}
