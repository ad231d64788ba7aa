import { strict as assert } from 'node:assert';
import type { BrokerCapabilities, CloseReport, CloseRequest } from '../../../lib/brokers/contract.js';
import {
  type BrokerCommand,
  type BrokerOutput,
  type BrokerState,
  depthOf,
  initial,
  type LeaseHolders,
  step,
} from '../../../lib/brokers/model.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { defaultLimits, type Limits } from '../../../lib/core/limits.js';

/** What a broker made of the model promises. */
export type ModelPromises = Omit<BrokerCapabilities, 'payloadBytesMax' | 'delivery'> & {
  readonly leaseHolders: LeaseHolders;
};

type Expected = Extract<BrokerOutput, { call: number }>;

/** The queues that the clients of the model have open together. Time is told to all of them at once. */
export class ModelWorld {
  readonly promises: ModelPromises;
  readonly limits: Limits;
  readonly #queues = new Map<string, BrokerState>();
  readonly #expecting = new Map<number, (output: Expected) => void>();
  readonly #closing: ((report: CloseReport) => void)[] = [];
  #call = 0;

  constructor(promises: ModelPromises, limits: Partial<Limits>) {
    this.promises = promises;
    this.limits = { ...defaultLimits, ...limits };
  }

  state(queue: string): BrokerState {
    return this.#queues.get(queue) ?? initial(this.limits, this.promises);
  }

  /** Messages in all queues. */
  get length(): number {
    return [...this.#queues.values()]
      .map(depthOf)
      .reduce((sum, depth) => sum + depth.ready + depth.delayed + depth.heldBack + depth.inFlight, 0);
  }

  /** One command, and its direct answer, if it has one; answers to earlier calls go to those who wait. */
  tell(queue: string, command: BrokerCommand): BrokerOutput | undefined {
    const { state, outputs } = step(this.state(queue), command);
    this.#queues.set(queue, state);
    for (const output of outputs) if ('call' in output) this.#answer(output);
    this.#reportIfClosed();
    const direct = outputs.find((output) => !('call' in output) && output.type !== 'closed');
    if (direct?.type === 'rejected') throw new ConclaveError(direct.code, 'the model is closed');
    return direct;
  }

  /** A command that is answered by its call, now or later. */
  ask(queue: string, command: (call: number) => BrokerCommand, onCall: (call: number) => void) {
    this.#call += 1;
    const call = this.#call;
    onCall(call);
    return new Promise<Expected>((resolve) => {
      this.#expecting.set(call, resolve);
      this.tell(queue, command(call));
    });
  }

  /** Whoever waits by that call waits no longer. */
  callOff(queue: string, call: number): void {
    if (this.#expecting.has(call)) this.tell(queue, { type: 'callOff', call });
  }

  /** Time passes in every queue. */
  advance(byMs: number): void {
    for (const queue of this.#queues.keys()) this.tell(queue, { type: 'advance', byMs });
  }

  /** Those who wait by these calls get nothing. */
  dismiss(calls: readonly number[]): void {
    for (const [queue, state] of this.#queues) {
      const stays = ({ call }: { readonly call: number }) => !calls.includes(call);
      this.#queues.set(queue, {
        ...state,
        waiters: state.waiters.filter(stays),
        readers: state.readers.filter(stays),
      });
    }
    for (const call of calls) this.#answer({ type: 'received', call, deliveries: [] });
  }

  close(queue: string, request: CloseRequest): Promise<CloseReport> {
    return new Promise((resolve) => {
      this.#closing.push(resolve);
      for (const name of new Set([queue, ...this.#queues.keys()]))
        this.tell(name, { type: 'close', request });
    });
  }

  /** The queues are gone and opened again; who waited hears nothing any more. */
  reopen(): void {
    this.#expecting.clear();
    this.#closing.length = 0;
    for (const queue of this.#queues.keys())
      this.tell(queue, { type: 'reopen', holders: this.promises.leaseHolders });
  }

  remove(queues: readonly string[]): void {
    for (const queue of queues) {
      const { openings } = this.state(queue);
      this.#queues.set(queue, { ...initial(this.limits, this.promises), openings: openings + 1 });
    }
  }

  #answer(output: Expected): void {
    this.#expecting.get(output.call)?.(output);
    this.#expecting.delete(output.call);
  }

  #reportIfClosed(): void {
    const reports = [...this.#queues.values()].map(({ report }) => report);
    if (reports.includes(undefined)) return;
    const total = { drained: 0, returned: 0, abandoned: 0 };
    for (const report of reports) {
      assert(report !== undefined);
      total.drained += report.drained;
      total.returned += report.returned;
      total.abandoned += report.abandoned;
    }
    for (const resolve of this.#closing.splice(0)) resolve(total);
  }
}
