import type { AnyActorLogic } from 'xstate';
import { type Adapters, parseAdapters } from '../core/adapters.js';
import type { Backoff } from '../core/backoff.js';
import { defaultLimits } from '../core/limits.js';
import { hasMethods, optionsOf, readable, wrong } from '../core/parse.js';
import type { RestartType } from '../supervision/child.js';
import { defaultRestartLimit } from '../supervision/intensity.js';
import { resolveStrategy } from '../supervision/strategy.js';
import type { ActorPlan } from './actor.js';
import type { Inspect } from './engine.js';
import { isMalformed } from './malformed.js';
import type { NestedSupervisorOptions, SpawnOptions, SupervisionOptions, SystemOptions } from './options.js';
import type { SupervisorPlan } from './supervisor.js';

const SHUTDOWN_MS = 5_000;
const SUPERVISION = ['strategy', 'intensity', 'periodMs', 'backoff'] satisfies (keyof SupervisionOptions)[];
const NESTED: readonly string[] = [...SUPERVISION, 'restart'] satisfies (keyof NestedSupervisorOptions)[];
const SYSTEM: readonly string[] = [
  ...SUPERVISION,
  'inspect',
  'compile',
  'clock',
  'ids',
  'random',
  'mailboxCapacity',
  'deadLettersMax',
  'log',
] satisfies (keyof SystemOptions)[];
const SPAWN: readonly string[] = [
  'id',
  'restart',
  'mailboxCapacity',
  'input',
  'stopEvent',
  'shutdownMs',
  'awaited',
] satisfies (keyof SpawnOptions)[];
const RESTART_TYPES: readonly unknown[] = ['permanent', 'transient', 'temporary'] satisfies RestartType[];

/** What a system is made of, as it is in force. */
export interface SystemPlan extends Adapters {
  readonly supervisor: SupervisorPlan;
  readonly inspect: Inspect | undefined;
  /** Whether charts run from tables. */
  readonly compile: boolean;
  readonly mailboxCapacity: number;
  readonly deadLettersMax: number;
  readonly log: (line: string) => void;
}

/** The plan of a system, its options checked at run time: JavaScript has no compiler. @throws `InvalidOption`. */
export function systemPlan(rootId: string, options: SystemOptions): SystemPlan {
  const given = optionsOf(options, 'the options of createSystem', SYSTEM);
  const { mailboxCapacity, deadLettersMax } = defaultLimits;
  const { inspect, compile = true, log = (line) => console.error(line) } = given;
  if (typeof compile !== 'boolean') throw wrong('compile', 'true or false', compile);
  if (typeof log !== 'function') throw wrong('log', 'a function', log);
  const isObserver = typeof inspect === 'function' || hasMethods('inspect', inspect, ['next']);
  if (inspect !== undefined && !isObserver) throw wrong('inspect', 'a function or an observer', inspect);
  return {
    ...parseAdapters(given),
    supervisor: supervisorPlan(rootId, given),
    inspect,
    compile,
    mailboxCapacity: atLeast('mailboxCapacity', 1, given.mailboxCapacity ?? mailboxCapacity),
    deadLettersMax: atLeast('deadLettersMax', 1, given.deadLettersMax ?? deadLettersMax),
    log,
  };
}

/** The options of `spawn` as they were given. @throws `InvalidOption` for one that there is not. */
export function spawnOptions<Options extends SpawnOptions>(options: Options): Options {
  return optionsOf(options, 'the options of spawn', SPAWN);
}

/** The options of `supervisor` as they were given. @throws `InvalidOption` for one that there is not. */
export function nestedOptions(options: NestedSupervisorOptions): NestedSupervisorOptions {
  return optionsOf(options, 'the options of supervisor', NESTED);
}

/** The plan of an actor, its options checked at run time: JavaScript has no compiler. @throws `InvalidOption`. */
export function actorPlan(id: string, options: SpawnOptions, mailboxCapacity: number): ActorPlan {
  const { stopEvent } = options;
  if (stopEvent !== undefined && isMalformed(stopEvent)) throw wrong('stopEvent', 'an event', stopEvent);
  return {
    id,
    restart: restartType(options.restart),
    mailboxCapacity: atLeast('mailboxCapacity', 1, options.mailboxCapacity ?? mailboxCapacity),
    input: options.input,
    shutdownMs: atLeast('shutdownMs', 0, options.shutdownMs ?? SHUTDOWN_MS),
    stopEvent,
    isAwaited: options.awaited === true,
  };
}

/** The plan of a supervisor, its options checked likewise. @throws `InvalidOption`. */
export function supervisorPlan(id: string, options: NestedSupervisorOptions): SupervisorPlan {
  const { strategy = 'one_for_one', backoff } = options;
  if (typeof strategy !== 'function' && strategy !== 'one_for_one') {
    throw wrong('strategy', "'one_for_one' or a function", strategy);
  }
  if (backoff !== undefined) readable('backoff', () => checkBackoff(backoff));
  return {
    id,
    restart: restartType(options.restart),
    strategy: resolveStrategy(strategy),
    limit: {
      intensity: atLeast('intensity', 0, options.intensity ?? defaultRestartLimit.intensity),
      periodMs: atLeast('periodMs', 0, options.periodMs ?? defaultRestartLimit.periodMs),
    },
    backoff,
  };
}

/** Refuses what cannot be run: it would crash at each start and take its siblings along. @throws `InvalidOption`. */
export function checkLogic(logic: AnyActorLogic): void {
  if (hasMethods('logic', logic, ['transition', 'getInitialSnapshot'])) return;
  throw wrong('logic', 'a machine or other actor logic, such as setup(…).createMachine(…)', logic);
}

/** The number, if it is one of at least `least`. @throws `InvalidOption`. */
export function atLeast(name: string, least: number, value: number): number {
  if (typeof value === 'number' && value >= least) return value;
  throw wrong(name, `a number of ${least} or more`, value);
}

function restartType(restart: RestartType = 'transient'): RestartType {
  if (RESTART_TYPES.includes(restart)) return restart;
  throw wrong('restart', "'permanent', 'transient' or 'temporary'", restart);
}

function checkBackoff(backoff: Backoff): void {
  if (typeof backoff === 'function') return;
  if (backoff?.type !== 'fixed' && backoff?.type !== 'exponential') {
    throw wrong('backoff', "of type 'fixed' or 'exponential', or a function", backoff);
  }
  atLeast('backoff.delayMs', 0, backoff.delayMs);
  if (backoff.type === 'fixed') return;
  atLeast('backoff.delayMsMax', 0, backoff.delayMsMax);
  if (atLeast('backoff.jitter', 0, backoff.jitter) > 1) {
    throw wrong('backoff.jitter', 'a number from 0 to 1', backoff.jitter);
  }
}
