import type { Broker } from '../brokers/contract.js';
import { type ConclaveError, messageOf } from '../core/errors.js';
import type { Listeners } from '../core/listeners.js';
import { type ActorSystem, createSystem } from '../system/system.js';
import { BrokerFaults } from './broker-faults.js';
import type { CoalitionEvents } from './events.js';
import type { CoalitionSettings } from './options.js';
import { Publisher } from './tasks/publisher.js';
import { tooManyDied } from './workers/worker-pool.js';

export interface WiringOptions {
  readonly settings: CoalitionSettings;
  readonly broker: Broker;
  readonly announcer: Listeners<CoalitionEvents>;
  /** The workers' supervisor has given up. */
  readonly onGivenUp: (error: ConclaveError) => void;
}

/** The queues of a coalition that all its pools share. */
export const QUEUES = ['tasks', 'results', 'claims'] as const;
/** One of them. */
export type QueueKind = (typeof QUEUES)[number];

/** What a process that works for a coalition puts its parts on: a session, an actor system, the queues, where faults go. */
export class Wiring {
  readonly session: string;
  readonly system: ActorSystem;
  readonly faults: BrokerFaults;
  readonly #options: WiringOptions;

  constructor(options: WiringOptions) {
    const { settings } = options;
    this.#options = options;
    this.session = settings.ids.next('session');
    this.faults = new BrokerFaults({ clock: settings.clock, tell: this.fault });
    this.system = this.#createSystem();
  }

  /** The name of one of the coalition's queues at the broker. */
  queue(kind: QueueKind): string {
    return `${this.#options.settings.name}.${kind}`;
  }

  /** What everything that works on a queue of the coalition is made with. */
  at(kind: QueueKind, source: string = kind) {
    return this.on(this.queue(kind), source);
  }

  /** The same, for a queue of any name. */
  on(queue: string, source: string) {
    const { broker, settings } = this.#options;
    const { clock, limits } = settings;
    const onError = (error: unknown) => this.brokerFault(source, error);
    return { system: this.system, broker, queue, session: this.session, clock, limits, onError };
  }

  /** A publisher to a queue: one a queue for each producer, as its sequence starts at 1. */
  publisher(queue: string, epoch: () => number, producer = this.session): Publisher {
    const { broker, settings } = this.#options;
    return new Publisher({
      broker,
      queue,
      coalition: settings.name,
      producer,
      epoch,
      clock: settings.clock,
      patienceMs: settings.limits.leaseMs,
    });
  }

  /** Something failed that no caller waits for: an event, or a line in the log where nobody listens. */
  readonly fault = (source: string, error: unknown): void => {
    const { announcer } = this.#options;
    if (announcer.isHeard('fault')) announcer.emit('fault', { source, error });
    else console.error(`conclave: ${source}: ${messageOf(error)}`);
  };

  /** The broker failed somebody: told of without a flood. */
  brokerFault(source: string, error: unknown): void {
    this.faults.tell(source, error);
  }

  /** What the broker would have people know: once whoever has just got the coalition can listen. */
  tellWarnings(): void {
    const { broker, settings } = this.#options;
    for (const warning of broker.warnings ?? []) settings.clock.defer(() => this.fault('broker', warning));
  }

  #createSystem(): ActorSystem {
    const { settings, announcer, onGivenUp } = this.#options;
    const { clock, ids, random, limits } = settings;
    const log = (line: string) => this.fault('system', line);
    const system = createSystem({ clock, ids, random, log, mailboxCapacity: limits.mailboxCapacity });
    system.on('escalated', ({ supervisor, error }) => {
      if (supervisor === 'pool') onGivenUp(tooManyDied(limits, error));
    });
    system.on('restart', ({ id, error }) => announcer.emit('restart', { actor: id, reason: String(error) }));
    return system;
  }
}
