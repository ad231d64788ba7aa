import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WatchedChild } from '../services/watched-child.js';
import { doneNoteOf, journalOf, type PartyPlan } from './party-plan.js';

const PROGRAM = fileURLToPath(new URL('party-program.js', import.meta.url));
const LOOK_EVERY_MS = 20;

/** One process of a round through all its lives: killed, it is started again under a new name. */
export class Party {
  readonly #plan: PartyPlan;
  readonly #lives: PartyPlan[] = [];
  #child: WatchedChild;
  #plan0: PartyPlan;
  #isKilled = false;

  constructor(plan: PartyPlan) {
    this.#plan = plan;
    [this.#child, this.#plan0] = this.#start();
  }

  /** The journals of all its lives so far. */
  get journals(): readonly string[] {
    return this.#lives.map(journalOf).filter((path) => existsSync(path));
  }

  async kill(): Promise<void> {
    this.#isKilled = true;
    await this.#child.kill();
  }

  stop(): void {
    this.#child.signal('SIGSTOP');
  }

  goOn(): void {
    this.#child.signal('SIGCONT');
  }

  /** A new life after `kill`. */
  revive(): void {
    [this.#child, this.#plan0] = this.#start();
    this.#isKilled = false;
  }

  /** Resolves once it has done its work and left. @throws where it left before, or does neither in time. */
  async done(withinMs: number): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (!this.#child.hasGone) {
      this.check();
      if (performance.now() > endMs) throw new Error(`${this.#describe()} is not done after ${withinMs} ms`);
      await pause(LOOK_EVERY_MS);
    }
    this.check();
  }

  /** @throws where it has ended although nobody killed it. */
  check(): void {
    if (!this.#child.hasGone || this.#isKilled || existsSync(doneNoteOf(this.#plan0))) return;
    throw new Error(`${this.#describe()} ended by itself`);
  }

  #describe(): string {
    const note = existsSync(doneNoteOf(this.#plan0)) ? ', though its work is done' : '';
    return `${this.#plan0.name}${note} (it said: ${this.#child.said.trim() || 'nothing'})`;
  }

  #start(): [WatchedChild, PartyPlan] {
    const life = this.#lives.length + 1;
    const plan = { ...this.#plan, name: `${this.#plan.name}.${life}`, seed: this.#plan.seed + life * 10_000 };
    this.#lives.push(plan);
    const args = ['--enable-source-maps', PROGRAM, JSON.stringify(plan)];
    return [WatchedChild.start(process.execPath, args, plan.folder), plan];
  }
}
