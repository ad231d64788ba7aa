import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ask, inRepository } from './inquiry.js';

const HANDBOOK = inRepository('examples/research/documents');

/** What a newcomer asks the handbook, and a sentence that has to be among its answers. */
const QUESTIONS: readonly (readonly [question: string, answer: RegExp])[] = [
  ['What is the default schedule?', /the default schedule is `work-stealing`/],
  ['How does work stealing choose a victim?', /as its victim the worker with the longest line/],
  ['What is the default priority?', /the default priority is 4/],
  ['Which order do tasks with an ordering key follow?', /one at a time, in the order in which they were/],
  ['How do I delay a task?', /with the option `delayMs` of `submit`/],
  ['What does timeoutMs do?', /^`timeoutMs` limits how long one try of a task may take/],
  ['What happens when a handler hangs?', /^A handler that hangs is noticed when its task has a `timeoutMs`/],
  ['How do I cancel a task?', /with `task\.cancel\(reason\)`/],
  ['How long is a result kept?', /^A result is kept for one hour by default/],
  ['How is a payload validated with a schema?', /where it is submitted, and again on the worker/],
  ['How do I limit the rate of an agent?', /with its option `limit`/],
  ['What does context.once do?', /^`context\.once\(key, effect\)` runs an outside effect/],
  ['How many inputs does map have under way?', /at most 512 inputs under way/],
];

describe('the handbook', () => {
  for (const [question, wanted] of QUESTIONS) {
    it(`answers "${question}"`, async () => {
      const { claims, answer } = await ask(HANDBOOK, question);
      expect(
        claims.some(({ text, verdict }) => verdict === 'supported' && wanted.test(text)),
        answer,
      ).to.equal(true);
    });
  }

  it('says of no policy, option or time limit that it is still to come', async () => {
    const pages = await Promise.all(
      (await readdir(HANDBOOK)).map((name) => readFile(join(HANDBOOK, name), 'utf8')),
    );
    const toCome = pages.flatMap((page) => page.split('\n')).filter((line) => /not there yet/.test(line));
    expect(toCome.filter((line) => !/Ray/.test(line))).to.deep.equal([]);
  });
});
