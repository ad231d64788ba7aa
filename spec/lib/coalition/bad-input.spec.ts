import { expect } from 'chai';
import type { AnyEventObject } from 'xstate';
import { type Coalition, createCoalition, defineAgent, isConclaveError } from '../../../lib/index.js';
import { unreadable } from '../core/unreadable.js';

/** What a JavaScript program can hand over, seen by no compiler. */
type Untyped = AnyEventObject['untyped'];

/** Of no use to any option: of every type, out of every range. */
const useless: readonly (readonly [string, Untyped])[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 1e300].map((value) => [String(value), value] as const),
  ['null', null],
  ['a symbol', Symbol('s')],
  ['a bigint', 5n],
  ['a list', [1]],
  ['a text of a million', '\n'.repeat(1_000_000)],
  ...Object.entries(unreadable()),
];

const nobody = () => undefined;
const agents = {
  echo: defineAgent({ name: 'echo', handle: (value: unknown) => value }),
  wait: defineAgent({
    name: 'wait',
    handle: (_: unknown, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  }),
};

/** That it is refused by a typed error in one line of a bearable length that names what was wrong. */
async function expectRefusal(what: string, call: () => unknown, named: string): Promise<void> {
  let thrown: unknown;
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  if (!isConclaveError(thrown)) throw new Error(`${what}: no typed error`, { cause: thrown });
  expect(thrown.message, what).to.include(named);
  expect(thrown.message.length, what).to.be.lessThan(1_000);
}

async function expectRefusals(named: string, call: (value: Untyped) => unknown, but: readonly string[] = []) {
  for (const [name, value] of useless)
    if (!but.includes(name)) await expectRefusal(`${named}: ${name}`, () => call(value), named);
}

const open = (options: object) => createCoalition({ agents, workers: 1, ...options });

describe('bad input of a JavaScript program, at the start', () => {
  it('is refused as an option of createCoalition', async () => {
    await expectRefusals('createCoalition', (value) => createCoalition(value), [
      'an object whose getters throw',
      'an object that has no text',
      'an object whose texts throw',
    ]);
    for (const name of ['workers', 'concurrencyPerWorker', 'isolation', 'broker', 'durable', 'schedule'])
      await expectRefusals(name, (value) => open({ [name]: value }));
    for (const name of ['name', 'store', 'clock', 'random', 'ids'])
      await expectRefusals(name, (value) => open({ [name]: value }), ['a text of a million']);
    await expectRefusals('limits', (value) => open({ limits: value }), [
      'an object that has no text',
      'an object whose texts throw',
    ]);
    await expectRefusals('limits.leaseMs', (value) => open({ limits: { leaseMs: value } }));
    const options = Object.defineProperty({ agents }, 'name', {
      get: () => unreadable()['a revoked proxy']?.toString(),
      enumerable: true,
    });
    await expectRefusal('a getter', () => createCoalition(options), 'createCoalition cannot be read');
  });

  it('is refused as what an agent says of itself', async () => {
    for (const none of [undefined, null, 5, unreadable()['a revoked proxy']] as readonly Untyped[])
      await expectRefusal(String(typeof none), () => defineAgent(none), 'what defineAgent takes');
    const of = (fields: object) => open({ agents: { odd: { ...agents.echo, name: 'odd', ...fields } } });
    await expectRefusals('name', (name) => of({ name }));
    for (const name of [
      'handle',
      'input',
      'after',
      'attempts',
      'backoff',
      'timeoutMs',
      'limit',
      'concurrency',
    ])
      await expectRefusals(name, (value) => of({ [name]: value }));
    await expectRefusals('logic', (logic) => of({ logic, handle: undefined }));
    await expectRefusals('limit.max', (max) => of({ limit: { max, periodMs: 1 } }));
    await expectRefusal('a word', () => of({ limit: { max: 1, periodMs: 1, burst: 2 } }), '"burst"');
  });
});

describe('bad input of a JavaScript program, to a coalition', () => {
  let coalition: Coalition;
  before(async () => {
    coalition = await open({});
  });
  after(() => coalition.shutdown());

  it('is refused by submit, submitAll and map', async () => {
    await expectRefusals('No agent is called', (agent) => coalition.submit(agent, 1));
    await expectRefusals('No agent is called', (agent) => coalition.submitAll(agent, [1]));
    await expectRefusals('No agent is called', (agent) => coalition.map(agent, [1]));
    const options = ['priority', 'attempts', 'backoff', 'timeoutMs', 'signal'];
    for (const name of [...options, 'delayMs', 'waitMs', 'id', 'orderingKey']) {
      await expectRefusals(name, (value) => coalition.submit('echo', 1, { [name]: value }));
    }
    for (const name of [...options, 'delayMs', 'orderingKey'])
      await expectRefusals(name, (value) => coalition.submitAll('echo', [1], { [name]: value }));
    for (const name of [...options, 'concurrency', 'ordered', 'onError'])
      await expectRefusals(name, (value) => coalition.map('echo', [1], { [name]: value } as Untyped));
    const empty = ['an object that has no text', 'an object whose texts throw'];
    await expectRefusals('options', (value) => coalition.submit('echo', 1, value), empty);
    await expectRefusals('options', (value) => coalition.map('echo', [1], value), empty);
    const lists = ['a list', 'a text of a million'];
    await expectRefusals('submitAll runs over', (value) => coalition.submitAll('echo', value), lists);
    await expectRefusals('map runs over', (value) => coalition.map('echo', value), lists);
  });

  it('is refused by a query, by listeners, by the knowledge base, and in a search for a task', async () => {
    await expectRefusals('loops', (loops) => coalition.runQuery('q', { loops }));
    await expectRefusals('signal', (signal) => coalition.runQuery('q', { signal }));
    await expectRefusal('a word', () => coalition.runQuery('q', { loop: 2 } as Untyped), '"loop"');
    await expectRefusal('null', () => coalition.runQuery('q', null as Untyped), 'runQuery');
    await expectRefusals('event', (name) => coalition.on(name, nobody));
    await expectRefusal('a word', () => coalition.on('deadletter' as Untyped, nobody), 'deadLetter');
    await expectRefusals("listener of 'task'", (listener) => coalition.on('task', listener));
    const texts = ['a text of a million'];
    await expectRefusals('id', (id) => coalition.task(id), texts);
    await expectRefusals('text', (text) => coalition.claims.search(text), texts);
    await expectRefusals('limit', (limit) => coalition.claims.search('a', { limit }), ['1e+300']);
    await expectRefusals('after', (after) => coalition.claims.read({ after }), ['1e+300']);
  });

  it('is refused by a handle, and a cancel takes any reason', async () => {
    const task = await coalition.submit('wait', 1);
    await expectRefusals('timeoutMs', (timeoutMs) => task.result({ timeoutMs }));
    await expectRefusals('signal', (signal) => task.result({ signal }));
    expect(task.cancel()).to.equal(true);
    for (const [name, reason] of useless) {
      const other = await coalition.submit('wait', 1);
      expect(other.cancel(reason), name).to.equal(true);
      const end = await other.result().catch((error: unknown) => error);
      expect(isConclaveError(end, 'Cancelled'), name).to.equal(true);
    }
    expect(await (await coalition.submit('echo', 'still there')).result()).to.equal('still there');
  });

  it('is refused by shutdown, which can then be asked again', async () => {
    await using other = await open({});
    await expectRefusals('graceMs', (graceMs) => other.shutdown({ graceMs }));
    await expectRefusals('drain', (drain) => other.shutdown({ drain }));
    await expectRefusals('options of shutdown', (options) => other.shutdown(options), [
      'an object that has no text',
      'an object whose texts throw',
    ]);
    await expectRefusal('a word', () => other.shutdown({ grace: 5 } as Untyped), '"grace"');
    expect((await other.shutdown()).completed).to.equal(0);
  });
});
