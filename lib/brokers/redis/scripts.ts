import { readFileSync } from 'node:fs';
import { type RedisScript, redisScript } from './script.js';

const TIME = source('time');
const STATE = source('state');
const QUEUE = source('queue');
const HOLDING = source('holding');
const FOREIGN = source('foreign');
const ANSWERS = source('answers');

/** The broker's scripts: one for each change, so that each is one step. What they share stands before each. */
export const scripts = {
  publish: twoPaths('publish', FOREIGN),
  receive: twoPaths('receive', FOREIGN),
  ack: twoPaths('ack', HOLDING, ANSWERS),
  extend: script('extend', TIME, STATE, QUEUE, HOLDING),
  nack: script('nack', TIME, STATE, QUEUE, HOLDING, ANSWERS),
  depth: script('depth', TIME, STATE, QUEUE),
  readAnswers: script('read-answers', TIME, ANSWERS),
  findAnswer: script('find-answer', TIME, ANSWERS),
  purge: script('purge', TIME),
} as const;

function script(name: string, ...shared: readonly string[]): RedisScript {
  return redisScript(name, [...shared, source(name)].join('\n'));
}

/**
 * A script with a short path for the usual case. Each run makes all functions of a script anew, and to make those
 * that are seldom called takes longer than the usual case itself: they stand in one, `general`, that makes the others.
 */
function twoPaths(name: string, ...shared: readonly string[]): RedisScript {
  const general = [QUEUE, ...shared, source(name)].join('\n');
  const parts = [TIME, STATE, `local function general(...)\n${general}\nend`, source(`${name}-usual`)];
  return redisScript(name, parts.join('\n'));
}

function source(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
}
