import { setTimeout as pause } from 'node:timers/promises';
import type { PrivateRedis } from '../services/redis.js';
import { describeFault, type Fault } from './fault-schedule.js';
import type { Party } from './party.js';

/** Makes the faults of a schedule happen, each at its time, and takes each back when it is over. */
export class FaultHands {
  readonly #parties: readonly Party[];
  readonly #server: PrivateRedis | undefined;
  /** What was done, for people. */
  readonly log: string[] = [];

  constructor(parties: readonly Party[], server: PrivateRedis | undefined) {
    this.#parties = parties;
    this.#server = server;
  }

  /** Resolves once all faults have been taken back. @throws the first thing that went wrong, when nothing is under way. */
  async play(schedule: readonly Fault[]): Promise<void> {
    const beganMs = performance.now();
    let hasFailed = false;
    const played = schedule.map(async (fault) => {
      await pause(Math.max(0, beganMs + fault.atMs - performance.now()));
      if (hasFailed) return;
      try {
        for (const party of this.#parties) party.check();
        this.log.push(`${describeFault(fault)} (began at ${Math.round(performance.now() - beganMs)} ms)`);
        await this.#inflict(fault);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    });
    const failed = (await Promise.allSettled(played)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async #inflict(fault: Fault): Promise<void> {
    const party = this.#parties[fault.party];
    if (fault.kind === 'kill party') {
      await party?.kill();
      await pause(fault.lastsMs);
      party?.revive();
    }
    if (fault.kind === 'stop party') {
      party?.stop();
      await pause(fault.lastsMs);
      party?.goOn();
    }
    if (this.#server !== undefined) await this.#inflictOn(this.#server, fault);
  }

  async #inflictOn(server: PrivateRedis, { kind, lastsMs }: Fault): Promise<void> {
    if (kind === 'kill server') {
      await server.kill();
      await pause(lastsMs);
      await server.start();
    }
    if (kind === 'stop server') {
      server.pause();
      await pause(lastsMs);
      server.resume();
    }
    if (kind === 'cut connections') await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  }
}
