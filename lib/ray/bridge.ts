import { type Clock, systemClock, type Timer, within } from '../core/clock.js';
import { messageOf } from '../core/errors.js';
import { isFields, text } from '../core/parse.js';
import { probeRay, type RayAddress, rayAddressText } from './address.js';
import { type BridgeProcess, killBridge, startBridgeProcess } from './bridge-process.js';
import { faultIn, RayFault } from './errors.js';
import { type Frame, FrameCutter, frameOf } from './frames.js';
import { findPython } from './interpreter.js';
import { localEnvironment, makeLocalFolder, removeLocalFolder } from './local-folder.js';

/** How a bridge is started. */
export interface RayBridgeOptions {
  readonly address: RayAddress;
  /** The interpreter, instead of the search for one. */
  readonly python?: string | undefined;
  readonly clock?: Clock;
  /** Environment variables for the bridge, beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What `ray.init` gets beside the address, by its Python names. */
  readonly init?: Readonly<Record<string, unknown>>;
  /** How long the start may take (default 60,000: a busy machine takes ten times what an idle one does). */
  readonly startMs?: number;
}

/** What there is on the other side. */
export interface RayFacts {
  /** Where the control store answers, as `host:port`; of a Ray Client address that address. */
  readonly address: string;
  readonly rayVersion: string;
  readonly pythonVersion: string;
  /** The environment that another process on this machine needs to join, of a local Ray. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What is asked of the bridge: an operation of its table, its arguments, and bytes that go along. */
export interface RayRequest {
  readonly op: string;
  readonly head?: object;
  readonly parts?: readonly Buffer[];
  readonly deadlineMs: number;
}

interface Pending {
  readonly op: string;
  readonly timer: Timer;
  readonly resolve: (frame: Frame) => void;
  readonly reject: (fault: RayFault) => void;
}

const START_MS_MAX = 60_000;
/** The bridge leaves 2 s after its stdin has ended. */
const LEAVE_MS_MAX = 3_000;
/** Requests without an answer; whoever asks for more has no bound of its own, which is a mistake. */
const PENDING_MAX = 10_000;
/** Quiet: nobody asks for what Ray says of itself on an ordinary start. */
const INIT = { namespace: 'conclave', logging_level: 'ERROR', log_to_driver: false };
const LOCAL_INIT = { include_dashboard: false };

/**
 * A Python process that does with Ray what it is asked, over frames on its stdin and stdout. It ends with this
 * process, also when that is killed, and a local Ray ends with it.
 */
export class RayBridge {
  /** Resolves when the bridge has ended, with how: after `close`, or by itself, which is a fault. */
  readonly ended: Promise<string>;
  readonly #process: BridgeProcess;
  readonly #folder: string | undefined;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(frame: Frame) => void>>();
  #facts: RayFacts | undefined;
  #requests = 0;
  #end: string | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Starts a bridge and has it join Ray, or start one.
   * @throws `DriverMissing` without a Python that has Ray; `BrokerUnavailable` where Ray does not answer; `Timeout`
   * where it takes too long (all as rejections).
   */
  static async start(options: RayBridgeOptions): Promise<RayBridge> {
    const { address, python, environment = {} } = options;
    await probeRay(address);
    const found = await findPython({ python, env: process.env, folder: process.cwd() });
    const folder = address.kind === 'local' ? await makeLocalFolder() : undefined;
    const started = await startBridgeProcess(found, environment);
    const bridge = new RayBridge(started, folder, options.clock ?? systemClock);
    try {
      await bridge.#join(options);
      return bridge;
    } catch (error) {
      await bridge.close();
      throw error;
    }
  }

  private constructor(started: BridgeProcess, folder: string | undefined, clock: Clock) {
    this.#process = started;
    this.#folder = folder;
    this.#clock = clock;
    const cutter = new FrameCutter();
    started.fromBridge.on('data', (chunk: Buffer) => this.#read(cutter, chunk));
    this.ended = started.exited.then((how) => this.#finish(how));
  }

  get pid(): number | undefined {
    return this.#process.child.pid;
  }

  /** What it has joined. */
  get facts(): RayFacts {
    if (this.#facts === undefined) throw new RayFault('gone', 'The Ray bridge has joined nothing yet.');
    return this.#facts;
  }

  /**
   * Has an operation done.
   * @throws `RayFault` (as a rejection): what the operation answered, or `late` after `deadlineMs`, or `gone`; after
   * these two nobody knows whether it was done.
   */
  call({ op, head = {}, parts = [], deadlineMs }: RayRequest): Promise<Frame> {
    if (this.#end !== undefined) return Promise.reject(this.#gone(op, this.#end));
    if (this.#pending.size >= PENDING_MAX)
      return Promise.reject(new RayFault('failed', `${op}: ${PENDING_MAX} requests wait for Ray already.`));
    this.#requests += 1;
    const id = this.#requests;
    const sizes = parts.length === 0 ? {} : { sizes: parts.map((part) => part.length) };
    this.#process.toBridge.write(frameOf({ id, op, ...head, ...sizes }, parts));
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => this.#giveUp(id, deadlineMs), deadlineMs);
      this.#pending.set(id, { op, timer, resolve, reject });
    });
  }

  /** Hears the frames of that event until what it answers is called. */
  listen(event: string, listener: (frame: Frame) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Ends the bridge, and the Ray that it has started; resolves when they are gone. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#process.toBridge.end();
    if (!(await within(this.#clock, LEAVE_MS_MAX, this.ended))) killBridge(this.#process.child, false);
    await this.ended;
  }

  async #join({ address, init, startMs = START_MS_MAX }: RayBridgeOptions): Promise<void> {
    const local = this.#folder === undefined ? {} : { localFolder: this.#folder };
    const given = { ...INIT, ...(this.#folder === undefined ? {} : LOCAL_INIT), ...init };
    const { head } = await this.call({
      op: 'join',
      head: { ...local, init: { ...given, address: rayAddressText(address) } },
      deadlineMs: startMs,
    });
    this.#facts = {
      address: text(head.address, 'the address of Ray'),
      rayVersion: text(head.rayVersion, 'the version of Ray'),
      pythonVersion: text(head.pythonVersion, 'the version of Python'),
      environment: this.#folder === undefined ? {} : localEnvironment(this.#folder),
    };
  }

  #read(cutter: FrameCutter, chunk: Buffer): void {
    try {
      for (const frame of cutter.push(chunk)) this.#take(frame);
    } catch (error) {
      // Once out of step nothing on this stream can be trusted; the exit tells everybody who waits.
      this.#end ??= `it sent what is no frame (${messageOf(error)})`;
      killBridge(this.#process.child, this.#folder !== undefined);
    }
  }

  #take(frame: Frame): void {
    const { id, event, error } = frame.head;
    if (typeof event === 'string') {
      for (const listener of this.#listeners.get(event) ?? []) listener(frame);
      return;
    }
    const pending = typeof id === 'number' ? this.#forget(id) : undefined;
    if (pending === undefined) return; // it came too late, and whoever asked has been told so
    if (isFields(error)) pending.reject(faultIn(pending.op, error));
    else pending.resolve(frame);
  }

  #forget(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    return pending;
  }

  #giveUp(id: number, deadlineMs: number): void {
    const pending = this.#forget(id);
    const what = `Ray has not answered ${pending?.op} within ${deadlineMs} ms`;
    pending?.reject(new RayFault('late', `${what}; whether it was done is unknown. Ask again.`));
  }

  async #finish(how: string): Promise<string> {
    this.#end ??= this.#closing === undefined ? how : 'it was closed';
    for (const [id, { op }] of [...this.#pending]) this.#forget(id)?.reject(this.#gone(op, this.#end));
    if (this.#folder !== undefined) {
      killBridge(this.#process.child, true);
      await removeLocalFolder(this.#folder);
    }
    return this.#end;
  }

  #gone(op: string, how: string): RayFault {
    return new RayFault('gone', `The Ray bridge has ended (${how}); what became of ${op} is unknown.`);
  }
}
