import type { Broker } from '../../brokers/contract.js';
import type { Listeners } from '../../core/listeners.js';
import type { CoalitionEvents } from '../events.js';
import type { CoalitionSettings } from '../options.js';
import type { Wiring } from '../wiring.js';
import { inboxQueue, rosterQueue } from './host-queues.js';
import { PoolRoster } from './pool-roster.js';
import { StateOutbox } from './state-outbox.js';
import { Vacancies } from './vacancies.js';

/** The coordinator's side of the pools that join from other processes. */
export interface Hosts {
  readonly roster: PoolRoster;
  /** What they hear of the shared state. */
  readonly outbox: StateOutbox;
  /** Undefined where the coordinator has workers itself, and with them every agent. */
  readonly vacancies: Vacancies | undefined;
}

export interface HostsOptions {
  readonly wiring: Wiring;
  readonly settings: CoalitionSettings;
  readonly broker: Broker;
  readonly announcer: Listeners<CoalitionEvents>;
  readonly epoch: () => number;
  /** How many tasks wait for an answer now. */
  readonly open: () => number;
  readonly onStateError: (error: unknown) => void;
}

/** Wires them: a pool that comes gets the whole state, one that goes leaves no inbox. */
export function createHosts(options: HostsOptions): Hosts {
  const { wiring, settings, announcer } = options;
  const outbox = createOutbox(options);
  const roster = new PoolRoster({
    ...wiring.on(rosterQueue(settings.name), 'pools'),
    onPool: (event) => {
      if (event.state === 'joined') outbox.joined(event.pool);
      else outbox.gone(event.pool);
      announcer.emit('pool', event);
    },
  });
  return { roster, outbox, vacancies: settings.workers === 0 ? createVacancies(options, roster) : undefined };
}

function createOutbox({ wiring, settings, broker, epoch, onStateError }: HostsOptions): StateOutbox {
  const inbox = (pool: string) => inboxQueue(settings.name, pool);
  return new StateOutbox({
    session: wiring.session,
    // A producer of its own: a pool that is lost and joins again gets numbers that its inbox has seen before.
    publisherTo: (pool) => wiring.publisher(inbox(pool), epoch, settings.ids.next('state')),
    purge: (pool) => broker.purge?.([inbox(pool)]),
    onError: onStateError,
  });
}

function createVacancies({ wiring, settings, open }: HostsOptions, roster: PoolRoster): Vacancies {
  return new Vacancies({
    clock: settings.clock,
    afterMs: settings.limits.leaseMs,
    open,
    pools: () => roster.pools,
    onVacant: (error) => wiring.fault('pools', error),
  });
}
