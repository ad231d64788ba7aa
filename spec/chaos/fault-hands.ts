import { setTimeout as pause } from 'node:timers/promises';
import { describeFault, type Fault, victimOf } from './fault-schedule.js';
import type { Party } from './party.js';
import type { SharedService } from './scene.js';

/** What every change to a queue has in its request. */
const CALL = 'EVALSHA';

/** Makes the faults of a schedule happen, each at its time, and takes each back when it is over. */
export class FaultHands {
  readonly #parties: readonly Party[];
  readonly #shared: SharedService | undefined;
  /** What was done, for people. */
  readonly log: string[] = [];

  constructor(parties: readonly Party[], shared: SharedService | undefined) {
    this.#parties = parties;
    this.#shared = shared;
  }

  /** Resolves once all faults have been taken back. @throws the first thing that went wrong, when nothing is under way. */
  async play(schedule: readonly Fault[]): Promise<void> {
    const beganMs = performance.now();
    let hasFailed = false;
    const before = new Map<string, Promise<void>>();
    const playOne = async (fault: Fault, last: Promise<void> | undefined) => {
      await pause(Math.max(0, beganMs + fault.atMs - performance.now()));
      // On a busy machine a server takes long to come back, and must be there to be killed again.
      await last;
      if (hasFailed) return;
      try {
        for (const party of this.#parties) party.check();
        this.log.push(`${describeFault(fault)} (began at ${Math.round(performance.now() - beganMs)} ms)`);
        await this.#inflict(fault);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    };
    const played = schedule.map((fault) => {
      const victim = victimOf(fault);
      const playing = playOne(fault, before.get(victim));
      before.set(victim, playing);
      return playing;
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
    if (this.#shared !== undefined) await inflictOn(this.#shared, fault);
  }
}

async function inflictOn({ server, proxy }: SharedService, { kind, lastsMs }: Fault): Promise<void> {
  switch (kind) {
    case 'kill server':
      await server.kill();
      await pause(lastsMs);
      return server.start();
    case 'stop server':
      server.pause();
      await pause(lastsMs);
      return server.resume();
    case 'stall connections':
      proxy.stall();
      await pause(lastsMs);
      return proxy.flow();
    case 'cut connections':
      return proxy.cut();
    // Of the next call, whenever that is.
    case 'lose a request':
      void proxy.loseRequest(CALL);
      return;
    case 'lose a reply':
      void proxy.loseReply(CALL);
  }
}
