import type { Clock, Timer } from '../core/clock.js';
import { systemClock } from '../core/clock.js';

/** An event as a probe keeps it. */
export interface ProbedEvent {
  /** The type of the event. */
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What a probe needs of a system: a place in its directory. */
export interface ProbeHost {
  /** Lists the probe under an id; as `ActorSystem.register`. */
  register(id: string, receive: (event: { readonly type: string }) => boolean): { unregister(): void };
}

interface Waiter {
  readonly resolve: (event: ProbedEvent) => void;
  readonly timer: Timer;
}

/**
 * An actor of a spec: stands in the system under an id, keeps what it is sent, and hands it over one by one.
 */
export class TestProbe {
  /** The id under which it is listed. */
  readonly id: string;
  readonly #clock: Clock;
  readonly #received: ProbedEvent[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #registration: { unregister(): void };
  #read = 0;

  constructor(host: ProbeHost, id: string, clock: Clock = systemClock) {
    this.id = id;
    this.#clock = clock;
    this.#registration = host.register(id, (event) => {
      this.#take({ ...event });
      return true;
    });
  }

  /** Everything it was ever sent, in order. */
  get received(): readonly ProbedEvent[] {
    return this.#received;
  }

  /** The next event that was not read yet; rejects if none comes within `withinMs`. */
  next({ withinMs = 1_000 }: { readonly withinMs?: number } = {}): Promise<ProbedEvent> {
    const event = this.#received[this.#read];
    this.#read += 1;
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve, reject) => {
      const fail = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        this.#read -= 1;
        reject(
          new Error(`Probe '${this.id}' was sent nothing within ${withinMs} ms, after ${this.#summary()}.`),
        );
      };
      const waiter = { resolve, timer: this.#clock.setTimer(fail, withinMs) };
      this.#waiters.push(waiter);
    });
  }

  /** Leaves the system; whoever waits is left to its deadline. */
  close(): void {
    this.#registration.unregister();
  }

  #take(event: ProbedEvent): void {
    this.#received.push(event);
    const waiter = this.#waiters.shift();
    if (waiter === undefined) return;
    waiter.timer.cancel();
    waiter.resolve(event);
  }

  #summary(): string {
    const types = this.#received.map(({ type }) => type);
    return types.length === 0 ? 'nothing at all' : types.slice(-10).join(', ');
  }
}
