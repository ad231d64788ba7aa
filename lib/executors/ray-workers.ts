import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../core/clock.js';
import { ConclaveError, messageOf } from '../core/errors.js';
import { text } from '../core/parse.js';
import { RayBridge } from '../ray/bridge.js';
import { RayFault } from '../ray/errors.js';
import type { Frame } from '../ray/frames.js';
import type { WorkerLink, WorkerListener, WorkerSpec } from './contract.js';
import { RayLink, type RayWire } from './ray-link.js';
import type { RaySettings } from './ray-options.js';
import { leftNothing, parsePlace, type RayPlace } from './ray-place.js';

const ENTRY = fileURLToPath(new URL('../host/ray.js', import.meta.url));
/** How long a worker hears nothing of the bridge before it ends itself, and an actor may leave a call unanswered. */
const SILENCE_MS = 5_000;
const LOOK_EVERY_MS = 2_000;

/** What workers on Ray are started with. */
export interface RayWorkersOptions {
  readonly settings: RaySettings;
  /** How long Ray may take to find a place for a worker. */
  readonly startMs: number;
  readonly clock: Clock;
  /** The bridge has ended; workers that die of it are told after this. */
  readonly onEnded: () => void;
}

interface Life {
  readonly link: RayLink;
  place: RayPlace | undefined;
}

/** The workers over one bridge; with the bridge all of them end. */
export class RayWorkers {
  /** Resolves when the bridge has ended, and nothing is left of the workers over it. */
  readonly #ended: Promise<void>;
  readonly #bridge: RayBridge;
  readonly #options: RayWorkersOptions;
  readonly #lives = new Map<string, Life>();
  #started = 0;
  #look: Timer | undefined;
  /** Why the bridge was given up. */
  #why: string | undefined;

  /** Joins Ray. @throws what `RayBridge.start` does. */
  static async join(options: RayWorkersOptions): Promise<RayWorkers> {
    const { settings, clock } = options;
    const { address, python } = settings;
    return new RayWorkers(await RayBridge.start({ address, python, clock }), options);
  }

  private constructor(bridge: RayBridge, options: RayWorkersOptions) {
    this.#bridge = bridge;
    this.#options = options;
    bridge.listen('worker.said', ({ head, body }) => this.#lifeOf(head)?.link.hear(body));
    bridge.listen('worker.printed', ({ body }) => void process.stderr.write(body));
    bridge.listen('worker.ended', ({ head }) => this.#end(head));
    this.#ended = bridge.ended.then((how) => this.#endAll(this.#why ?? `the Ray bridge ended: ${how}`));
  }

  /** Resolves once the worker runs. @throws `Timeout` where Ray has no place for it, `WorkerCrashed` where it does not start. */
  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    this.#started += 1;
    const key = `${spec.id} ${this.#started}`;
    const life: Life = { link: new RayLink(this.#wireTo(key), listener), place: undefined };
    this.#lives.set(key, life);
    try {
      life.place = parsePlace((await this.#ask(key, spec)).head);
    } catch (error) {
      this.#lives.delete(key);
      if (error instanceof RayFault && error.kind === 'gone') await this.#ended; // whoever tries again finds the next bridge
      throw this.#notStarted(spec.id, error);
    }
    life.link.pid = life.place.pid;
    life.link.tripMs = life.place.tripMs;
    this.#look ??= this.#lookLater();
    return life.link;
  }

  /** Ends the bridge, and a Ray of its own. */
  async close(): Promise<void> {
    await this.#bridge.close();
    await this.#ended;
  }

  #ask(worker: string, spec: WorkerSpec): Promise<Frame> {
    const { settings, startMs } = this.#options;
    const { nodePath, resources, address } = settings;
    return this.#bridge.call({
      op: 'worker.start',
      head: {
        worker,
        argv: [nodePath, ENTRY, JSON.stringify(spec)],
        silenceMs: SILENCE_MS,
        startMs,
        resources,
        folder: process.cwd(),
        environment: address.kind === 'local' ? process.env : null,
      },
      deadlineMs: startMs + SILENCE_MS,
    });
  }

  #wireTo(worker: string): RayWire {
    const ask = (op: string, parts: readonly Buffer[] = []) => {
      const asked = this.#bridge.call({ op, head: { worker }, parts, deadlineMs: SILENCE_MS });
      asked.catch((error) => this.#fault(error));
    };
    return { write: (bytes) => ask('worker.write', [bytes]), end: () => ask('worker.end') };
  }

  /** A bridge that hangs, or has lost its Ray, would leave every worker to die unseen. */
  #lookLater(): Timer {
    return this.#options.clock.setTimer(() => void this.#lookAfterBridge(), LOOK_EVERY_MS, {
      background: true,
    });
  }

  async #lookAfterBridge(): Promise<void> {
    try {
      const { head } = await this.#bridge.call({ op: 'worker.alive', deadlineMs: SILENCE_MS });
      if (typeof head.lost === 'string') this.#giveUp(`Ray is gone: ${head.lost}`);
      else this.#look = this.#lives.size > 0 ? this.#lookLater() : undefined;
    } catch (error) {
      this.#fault(error);
    }
  }

  /** Of a bridge that is gone its own end says why, whatever was under way. */
  #fault(error: unknown): void {
    if (!(error instanceof RayFault && error.kind === 'gone')) this.#giveUp(messageOf(error));
  }

  /** A bridge that does not do what it is asked is of no use to any worker; it takes them along. */
  #giveUp(why: string): void {
    this.#why ??= why;
    void this.#bridge.close();
  }

  #lifeOf({ worker }: Frame['head']): Life | undefined {
    return this.#lives.get(text(worker, 'the worker of an event'));
  }

  #end(head: Frame['head']): void {
    const life = this.#lifeOf(head);
    if (life === undefined) return;
    this.#lives.delete(text(head.worker, 'the worker of an event'));
    void this.#bury(life, text(head.reason, 'how a worker ended'), head.isGone === true);
  }

  async #endAll(reason: string): Promise<void> {
    this.#options.onEnded();
    this.#look?.cancel();
    const lives = [...this.#lives.values()];
    this.#lives.clear();
    await Promise.all(lives.map((life) => this.#bury(life, reason, false)));
  }

  async #bury({ link, place }: Life, reason: string, isGone: boolean): Promise<void> {
    const { clock } = this.#options;
    if (!isGone && place !== undefined) await leftNothing(place, SILENCE_MS, clock);
    link.end(reason);
  }

  #notStarted(id: string, error: unknown): ConclaveError {
    const { startMs, settings } = this.#options;
    if (error instanceof RayFault && error.kind === 'late') {
      return new ConclaveError(
        'Timeout',
        `${id} had no place on Ray after ${startMs} ms (workerStartMs): no node had ${JSON.stringify(settings.resources)} ` +
          'free, or Ray is slow to start it. Ask for less (ray.cpus, …), or start fewer workers.',
        { cause: error },
      );
    }
    return new ConclaveError('WorkerCrashed', `${id} did not start on Ray: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
