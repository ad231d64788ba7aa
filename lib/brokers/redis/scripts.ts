import { readFileSync } from 'node:fs';
import { type RedisScript, redisScript } from './script.js';

const TIME = source('time');
const QUEUE = source('queue');
const HOLDING = source('holding');
const FOREIGN = source('foreign');
const ANSWERS = source('answers');

/** The broker's scripts: one for each change, so that each is one step. What they share stands before each. */
export const scripts = {
  publish: script('publish', TIME, QUEUE, FOREIGN),
  receive: script('receive', TIME, QUEUE, FOREIGN),
  ack: script('ack', TIME, QUEUE, HOLDING, ANSWERS),
  extend: script('extend', TIME, QUEUE, HOLDING),
  nack: script('nack', TIME, QUEUE, HOLDING, ANSWERS),
  depth: script('depth', TIME, QUEUE),
  readAnswers: script('read-answers', TIME, ANSWERS),
  findAnswer: script('find-answer', TIME, ANSWERS),
  purge: script('purge', TIME),
} as const;

function script(name: string, ...shared: readonly string[]): RedisScript {
  return redisScript(name, [...shared, source(name)].join('\n'));
}

function source(name: string): string {
  return readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8');
}
