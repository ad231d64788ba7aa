import type { Delivery } from '../../../lib/brokers/contract.js';
import type { ErrorData } from '../../../lib/core/errors.js';
import type { HostFrame, SettledFrame, TaskBatch, WorkerFrame } from '../../../lib/core/frame.js';
import { defaultLimits, type Limits } from '../../../lib/core/limits.js';
import { type Encoded, encode } from '../../../lib/core/value.js';
import type {
  Executor,
  WorkerExit,
  WorkerLink,
  WorkerListener,
  WorkerSpec,
} from '../../../lib/executors/contract.js';
import { testEnvelope } from '../../../lib/testing/envelopes.js';

export function limitsOf(limits: Partial<Limits> = {}): Limits {
  return { ...defaultLimits, ...limits };
}

/** A task as a broker would give it out. */
export function delivery(seq: number, fields: Partial<Delivery> = {}): Delivery {
  const envelope = testEnvelope(seq);
  return { seq, token: `spec#${seq}`, envelope, deliveries: 1, failures: 0, crashes: 0, ...fields };
}

/** A worker of which a spec plays the other side. */
export class FakeLink implements WorkerLink {
  readonly pid = undefined;
  readonly sent: HostFrame[] = [];
  readonly exited: Promise<WorkerExit>;
  #exit: (exit: WorkerExit) => void = () => {};
  #onFrame: ((frame: WorkerFrame) => void) | undefined;

  constructor(listener?: WorkerListener) {
    this.#onFrame = listener && ((frame) => listener.onFrame(frame));
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  send(frame: HostFrame): void {
    this.sent.push(frame);
  }

  say(frame: WorkerFrame): void {
    this.#onFrame?.(frame);
  }

  kill(): void {
    this.exit({ crashed: true, reason: 'killed' });
  }

  exit(exit: WorkerExit): void {
    this.#onFrame = undefined;
    this.#exit(exit);
  }

  get batches(): TaskBatch[] {
    return this.sent.filter((frame) => frame.type === 'batch');
  }
}

/** Starts workers that do only what a spec makes them do; `onStart` hears of each. */
export class FakeExecutor implements Executor {
  readonly isolation = 'inline';
  readonly started: { readonly spec: WorkerSpec; readonly link: FakeLink }[] = [];
  readonly #onStart: (link: FakeLink, spec: WorkerSpec) => void | Promise<void>;

  constructor(onStart: (link: FakeLink, spec: WorkerSpec) => void | Promise<void> = () => {}) {
    this.#onStart = onStart;
  }

  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    const link = new FakeLink(listener);
    this.started.push({ spec, link });
    await this.#onStart(link, spec);
    return link;
  }
}

/** A frame in which the tasks at these places of a batch answered with their place, and those failed. */
export function settledFrame(
  batch: number,
  at: readonly number[],
  failures: readonly { readonly at: number; readonly error: ErrorData }[] = [],
  fields: Partial<SettledFrame> = {},
): SettledFrame {
  const values: Encoded[] = at.map((place) => encode(place));
  return { type: 'settled', batch, at, values, failures, claims: [], credit: 256, ...fields };
}

export function boom(message = 'boom'): ErrorData {
  return { name: 'Error', message };
}

/** Everything of an iterable, in order. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** The error that a promise rejects with; fails if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`rejected with no error: ${String(error)}`);
  }
  throw new Error('expected a rejection, but it resolved');
}
