import { expect } from 'chai';
import { type MapOptions, parseMap } from '../../../../lib/coalition/map/map-options.js';
import {
  type BrokerPromise,
  parseSubmit,
  parseSubmitAll,
  type SubmitAllOptions,
  type SubmitOptions,
} from '../../../../lib/coalition/tasks/submit-options.js';
import { ConclaveError } from '../../../../lib/core/errors.js';

const YEAR_MS = 31_536_000_000;

function broker(lacking: Partial<BrokerPromise['capabilities']> = {}): BrokerPromise {
  const kept = { orderedByKey: true, delayed: true, priorities: true };
  const promised = { durable: false, delivery: 'at-least-once', shared: false, ...kept } as const;
  return { name: 'spec', capabilities: { ...promised, payloadBytesMax: 100, ...lacking } };
}

const submit = (options: object, of = broker()) => parseSubmit(options as SubmitOptions, of);
const submitAll = (options: object, of = broker()) => parseSubmitAll(options as SubmitAllOptions, of);
const map = (options: object, of = broker()) => parseMap(options as MapOptions, of);

function expectRefusal(parse: () => unknown, message: RegExp): void {
  expect(parse).to.throw(ConclaveError, message).with.property('code', 'InvalidOption');
  expect(parse).to.throw().with.property('message').that.does.not.contain('\n');
}

describe('options of submit, submitAll and map', () => {
  it('ask for nothing where they are left out', () => {
    for (const options of [undefined, {}]) {
      expect(parseSubmit(options, broker())).to.deep.include({ waitMs: 0, signal: undefined });
      const { draft } = parseSubmitAll(options, broker());
      expect(Object.values(draft).every((value) => value === undefined)).to.equal(true);
    }
    expect(map({})).to.deep.include({ concurrency: 512, ordered: true, onError: 'throw', signal: undefined });
  });

  it('become what travels with the task', () => {
    const { signal } = new AbortController();
    const backoff = { type: 'fixed', delayMs: 5 };
    const tries = { attempts: 3, backoff, timeoutMs: 50 };
    const draft = { priority: 9, orderingKey: 'user-7', delayMs: 10 };
    expect(submit({ id: 'mine', ...draft, ...tries, waitMs: 7, signal })).to.deep.equal({
      draft: { id: 'mine', ...draft, tries },
      waitMs: 7,
      signal,
    });
    expect(submitAll({ ...draft, ...tries, signal })).to.deep.equal({
      draft: { ...draft, tries },
      waitMs: 0,
      signal,
    });
    const mapped = map({
      concurrency: 3,
      ordered: false,
      onError: 'yield',
      priority: 0,
      attempts: 2,
      signal,
    });
    expect(mapped).to.deep.include({ concurrency: 3, ordered: false, onError: 'yield', signal });
    expect(mapped.draft).to.deep.include({ priority: 0, tries: { attempts: 2 } });
  });

  const edges: readonly [string, number, number][] = [
    ['priority', 0, 9],
    ['delayMs', 0, YEAR_MS],
    ['attempts', 1, 1_000],
    ['timeoutMs', 1, YEAR_MS],
    ['waitMs', 0, YEAR_MS],
  ];
  for (const [name, least, most] of edges) {
    it(`take ${name} from ${least} to ${most}, both included, and nothing else`, () => {
      for (const value of [least, most]) expect(() => submit({ [name]: value })).to.not.throw();
      for (const value of [least - 1, most + 1, least + 0.5, '1', null, Number.NaN, {}, [], true]) {
        const bounds = new RegExp(`^${name} must be a whole number from ${least} to ${most}, not `);
        expectRefusal(() => submit({ [name]: value }), bounds);
      }
    });
  }

  it('take a concurrency of 1 to 1,000,000', () => {
    for (const value of [1, 1_000_000]) expect(map({ concurrency: value }).concurrency).to.equal(value);
    for (const value of [0, 1_000_001, '2', 1.5])
      expectRefusal(
        () => map({ concurrency: value }),
        /^concurrency must be a whole number from 1 to 1000000/,
      );
  });

  for (const name of ['id', 'orderingKey']) {
    it(`take as ${name} a text of 1 to 256 characters`, () => {
      for (const length of [1, 256]) expect(() => submit({ [name]: 'x'.repeat(length) })).to.not.throw();
      for (const value of ['', 'x'.repeat(257), 5, null, ['a']])
        expectRefusal(() => submit({ [name]: value }), new RegExp(`^${name} must be a text of 1 to 256`));
    });
  }

  it('take a plain backoff, and name the place for a function', () => {
    const exponential = { type: 'exponential', delayMs: 1, delayMsMax: 2, jitter: 1 };
    expect(submit({ backoff: exponential }).draft.tries).to.deep.equal({ backoff: exponential });
    expectRefusal(
      () => submit({ backoff: () => 5 }),
      /^backoff .* a function cannot travel .* defineAgent\.$/,
    );
    const wrong = [
      5,
      null,
      { type: 'fixed' },
      { type: 'fixed', delayMs: -1 },
      { type: 'fixed', delayMs: Number.POSITIVE_INFINITY },
      { type: 'linear', delayMs: 1 },
      { ...exponential, jitter: 1.1 },
      { ...exponential, delayMsMax: undefined },
    ];
    for (const backoff of wrong)
      expectRefusal(() => submit({ backoff }), /^backoff must be \{ type: 'fixed'/);
  });

  it('take an AbortSignal, and nothing that looks like one', () => {
    for (const parse of [submit, submitAll, map])
      for (const signal of [{}, new AbortController(), new EventTarget(), 'abort', null])
        expectRefusal(() => parse({ signal }), /^signal must be an AbortSignal/);
  });

  it('take true or false as ordered, and two words as onError', () => {
    for (const ordered of [0, 'yes', null]) expectRefusal(() => map({ ordered }), /^ordered must be true or/);
    for (const onError of ['ignore', true, null])
      expectRefusal(() => map({ onError }), /^onError must be 'throw'/);
  });

  it('know no option of another call', () => {
    expectRefusal(
      () => submit({ prio: 1 }),
      /^There is no option "prio"; the options of submit are id, priority, /,
    );
    expectRefusal(() => submit({ concurrency: 1 }), /^There is no option "concurrency"/);
    for (const name of ['id', 'waitMs', 'concurrency'])
      expectRefusal(() => submitAll({ [name]: 1 }), new RegExp(`^There is no option "${name}"`));
    for (const name of ['id', 'waitMs', 'orderingKey', 'delayMs'])
      expectRefusal(() => map({ [name]: 1 }), new RegExp(`^There is no option "${name}"`));
  });

  it('are an object', () => {
    for (const parse of [submit, submitAll, map])
      for (const options of [null, 5, 'fast'])
        expectRefusal(() => parse(options as unknown as object), /^the options of \w+ must be an object/);
  });

  it('are refused where the broker cannot keep them, but for what changes nothing', () => {
    const poor = broker({ orderedByKey: false, delayed: false, priorities: false });
    expectRefusal(() => submit({ orderingKey: 'a' }, poor), /^The broker spec keeps no orderingKey at all/);
    for (const parse of [submit, submitAll])
      expectRefusal(() => parse({ delayMs: 1 }, poor), /^The broker spec keeps no delayMs but 0/);
    for (const parse of [submit, submitAll, map])
      expectRefusal(
        () => parse({ priority: 5 }, poor),
        /^The broker spec keeps no priority but the default 4/,
      );
    expect(submit({ delayMs: 0, priority: 4 }, poor).draft).to.include({ delayMs: 0, priority: 4 });
  });
});
