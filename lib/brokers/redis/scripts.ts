import { readFileSync } from 'node:fs';
import { type RedisScript, redisScript } from './script.js';

const TIME = source('time');
const QUEUE = source('queue');
const ANSWERS = source('answers');

/** The broker's scripts: one for each change, so that each is one step. What they share stands before each. */
export const scripts = {
  publish: script('publish', TIME, QUEUE),
  receive: script('receive', TIME, QUEUE),
  ack: script('ack', TIME, QUEUE, ANSWERS),
  extend: script('extend', TIME, QUEUE),
  nack: script('nack', TIME, QUEUE, ANSWERS),
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
