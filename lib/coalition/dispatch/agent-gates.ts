import type { Delivery } from '../../brokers/contract.js';
import { AgentGate, type GateRule } from '../../scheduling/agent-gate.js';
import { RankedLine } from './ranked-line.js';

interface Gated {
  readonly gate: AgentGate;
  readonly line: RankedLine;
}

export interface AgentGatesOptions {
  /** What each agent says of itself. */
  readonly rules: Iterable<readonly [agent: string, rule: GateRule]>;
  /** Tasks that may wait here, over all agents. */
  readonly tasksMax: number;
  readonly rank: (delivery: Delivery) => number;
}

/** A wait where nothing says how long it will be, and the longest one. */
const WAIT_MS = 1_000;
const WAIT_MS_MAX = 30_000;

/**
 * The tasks of agents with a `limit` or a `concurrency`, each agent's in a line of its own until one may start,
 * so that the tasks of other agents pass them by.
 */
export class AgentGates {
  readonly #gated = new Map<string, Gated>();
  readonly #options: AgentGatesOptions;
  #waiting = 0;
  /** The agent that was served last: the others come before it. */
  #turn = 0;

  constructor(options: AgentGatesOptions) {
    this.#options = options;
    for (const [agent, rule] of options.rules) {
      if (rule.limit === undefined && rule.concurrency === undefined) continue;
      this.#gated.set(agent, { gate: new AgentGate(rule), line: new RankedLine() });
    }
  }

  /** Tasks that wait here. */
  get waiting(): number {
    return this.#waiting;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#options.tasksMax;
  }

  /** No agent has a gate. */
  get isEmpty(): boolean {
    return this.#gated.size === 0;
  }

  isGated({ envelope }: Delivery): boolean {
    return this.#gated.has(envelope.agent);
  }

  /** Puts a task of a gated agent in its line. */
  push(delivery: Delivery): void {
    this.#gated.get(delivery.envelope.agent)?.line.push(delivery, this.#options.rank(delivery));
    this.#waiting += 1;
  }

  /** Whether a task of this agent may start now; one that is not gated always may. */
  mayStart({ envelope }: Delivery, nowMs: number): boolean {
    return this.#gated.get(envelope.agent)?.gate.mayStart(nowMs) ?? true;
  }

  /** Whether a task waits here that may start. */
  hasReady(nowMs: number): boolean {
    return this.#waiting > 0 && this.#ready(nowMs) !== undefined;
  }

  /** Takes out a task that may start; its start must be told. Agents take turns. */
  take(nowMs: number): Delivery | undefined {
    const ready = this.#waiting > 0 ? this.#ready(nowMs) : undefined;
    if (ready === undefined) return undefined;
    this.#turn = ready.at + 1;
    this.#waiting -= 1;
    return ready.line.pop();
  }

  started({ envelope }: Delivery, nowMs: number): void {
    this.#gated.get(envelope.agent)?.gate.start(nowMs);
  }

  /** It was started and is with no worker any more. */
  ended({ envelope }: Delivery): void {
    if (this.#gated.size > 0) this.#gated.get(envelope.agent)?.gate.end();
  }

  /** When a limit frees the first agent that waits for one; Infinity when none does. */
  opensAtMs(nowMs: number): number {
    let atMs = Number.POSITIVE_INFINITY;
    if (this.#waiting === 0) return atMs;
    for (const { gate, line } of this.#gated.values())
      if (line.length > 0) atMs = Math.min(atMs, gate.opensAtMs(nowMs));
    return atMs;
  }

  /** When this task's agent may start one more. */
  opensForAtMs({ envelope }: Delivery, nowMs: number): number {
    return this.#gated.get(envelope.agent)?.gate.opensAtMs(nowMs) ?? nowMs;
  }

  /** How long a task for which there is no room should stay away: until those before it have started, at most 30 s. */
  awayMs({ envelope }: Delivery): number {
    const gated = this.#gated.get(envelope.agent);
    return Math.min(WAIT_MS_MAX, gated?.gate.waitMs(gated.line.length) ?? WAIT_MS);
  }

  takeWhere(fits: (delivery: Delivery) => boolean): Delivery[] {
    const taken = [...this.#gated.values()].flatMap(({ line }) => line.takeWhere(fits));
    this.#waiting -= taken.length;
    return taken;
  }

  takeAll(): Delivery[] {
    this.#waiting = 0;
    return [...this.#gated.values()].flatMap(({ line }) => line.takeAll());
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (const { line } of this.#gated.values()) yield* line;
  }

  /** The next agent in turn that has a task which may start. */
  #ready(nowMs: number): { readonly at: number; readonly line: RankedLine } | undefined {
    const all = [...this.#gated.values()];
    for (let step = 0; step < all.length; step += 1) {
      const at = (this.#turn + step) % all.length;
      const gated = all[at];
      if (gated !== undefined && gated.line.length > 0 && gated.gate.mayStart(nowMs))
        return { at, line: gated.line };
    }
    return undefined;
  }
}
