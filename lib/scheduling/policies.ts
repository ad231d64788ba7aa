import { optionalWhole, readable, wrong } from '../core/parse.js';
import type { SchedulingPolicy } from './contract.js';
import { priority } from './priority.js';
import { roundRobin } from './round-robin.js';
import { workStealing } from './work-stealing.js';

/** The policies that have a name of their own. */
export type ScheduleName = 'round-robin' | 'work-stealing' | 'priority';

/** In the order in which they are listed to people. */
export const SCHEDULES: readonly ScheduleName[] = ['round-robin', 'work-stealing', 'priority'];

/** What a coalition goes by that names none. */
export const SCHEDULE_DEFAULT: ScheduleName = 'work-stealing';

/** The policy that a word stands for, with its options left out; or a user's own, checked as far as it can be without running it. @throws `InvalidOption`. */
export function parsePolicy(schedule: unknown): SchedulingPolicy {
  if (schedule === 'round-robin') return roundRobin();
  if (schedule === 'work-stealing') return workStealing();
  if (schedule === 'priority') return priority();
  if (isPolicy(schedule)) return schedule;
  const words = SCHEDULES.map((name) => `'${name}'`).join(', ');
  throw wrong('schedule', `${words} or a SchedulingPolicy { name, initial, place }`, schedule);
}

/** @throws `InvalidOption` for what is meant as a policy and has a part that cannot be one. */
function isPolicy(schedule: unknown): schedule is SchedulingPolicy {
  if (typeof schedule !== 'object' || schedule === null) return false;
  const part = (name: string): unknown => readable('schedule', () => Reflect.get(schedule, name));
  if (!readable('schedule', () => 'place' in schedule)) return false;
  if (typeof part('name') !== 'string') throw wrong('schedule.name', 'a string', part('name'));
  for (const name of ['place', 'steal', 'rank'])
    if (typeof part(name) !== 'function' && (name === 'place' || part(name) !== undefined))
      throw wrong(`schedule.${name}`, 'a function', part(name));
  optionalWhole('schedule.ageingMs', part('ageingMs'), 1, Number.MAX_SAFE_INTEGER);
  return true;
}
