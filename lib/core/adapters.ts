import { type Clock, systemClock } from './clock.js';
import { type Ids, systemIds } from './ids.js';
import { hasMethods, wrong } from './parse.js';
import { type Random, systemRandom } from './random.js';

/** The doors by which time, chance and names come in. */
export interface Adapters {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

const CLOCK = ['nowMs', 'wallMs', 'setTimer', 'defer'] satisfies (keyof Clock)[];
const SOURCE = ['next'] satisfies (keyof Random & keyof Ids)[];

/** The adapters given, and the machine's own for those left out. @throws `InvalidOption`. */
export function parseAdapters(given: Partial<Adapters>): Adapters {
  const { clock = systemClock, random = systemRandom, ids = systemIds } = given;
  if (!hasMethods('clock', clock, CLOCK)) throw wrong('clock', `a Clock { ${CLOCK.join(', ')} }`, clock);
  if (!hasMethods('random', random, SOURCE)) throw wrong('random', 'a Random { next }', random);
  if (!hasMethods('ids', ids, SOURCE)) throw wrong('ids', 'an Ids { next }', ids);
  return { clock, random, ids };
}
