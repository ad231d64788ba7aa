import { expect } from 'chai';
import fc from 'fast-check';
import type { MapOutcome, MapRequest } from '../../../../lib/coalition/map/map-options.js';
import { type MapPort, MapRun } from '../../../../lib/coalition/map/map-run.js';
import type { Draft } from '../../../../lib/coalition/tasks/publisher.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { type Encoded, encode } from '../../../../lib/core/value.js';
import { testEnvelope } from '../../../../lib/testing/envelopes.js';
import { collect, rejection } from '../fakes.js';

/** Lets everything pending take its course. */
async function turns(count = 30): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

/** A coalition as a map sees it: the spec decides what becomes of each task. */
class Port {
  readonly open = new Map<number, Encoded>();
  readonly abandoned = new Set<number>();
  openMax = 0;
  /** How many the queue still takes; the rest of a call is refused once. */
  room = Number.POSITIVE_INFINITY;
  #seq = 0;

  /** Each input goes by itself. */
  readonly chunks = {
    firstOf: (room: number) => room,
    settle: async () => {},
    parts: (payloads: readonly unknown[]) => [{ payloads, draft: undefined }].values(),
  };

  /** How many messages each publish had. */
  readonly calls: number[] = [];

  async publishAll(drafts: readonly Draft[], owner: MapRun, signal: AbortSignal): Promise<void> {
    this.calls.push(drafts.length);
    let waiting = drafts;
    while (waiting.length > 0) {
      signal.throwIfAborted();
      const envelopes = waiting.map((_, index) => testEnvelope(this.#seq + index + 1));
      this.#seq += envelopes.length;
      owner.stamped(envelopes);
      const taken = Math.min(this.room, waiting.length);
      this.room -= taken;
      for (const [index, { seq }] of envelopes.slice(0, taken).entries())
        this.open.set(seq, waiting[index]?.payload ?? encode(null));
      this.openMax = Math.max(this.openMax, this.open.size);
      owner.refused(envelopes.slice(taken));
      waiting = waiting.slice(taken);
      await Promise.resolve();
    }
  }

  draft(input: unknown): Draft {
    if (input === 'refused') throw new ConclaveError('InvalidPayload', 'refused');
    return { kind: 'task', agent: 'square', payload: encode(input) };
  }

  defer(callback: () => void): void {
    this.deferred.push(callback);
  }

  /** What waits for the end of the tick. */
  readonly deferred: (() => void)[] = [];

  endTick(): void {
    for (const callback of this.deferred.splice(0)) callback();
  }

  readonly reasons: unknown[] = [];

  abandon(seqs: Iterable<number>, reason: unknown): void {
    this.reasons.push(reason);
    for (const seq of seqs) this.abandoned.add(seq);
  }

  /** Answers the task at that place among the open ones. */
  answer(run: MapRun, at: number): void {
    const seq = [...this.open.keys()][at % Math.max(1, this.open.size)];
    const payload = seq === undefined ? undefined : this.open.get(seq);
    if (seq === undefined || payload === undefined) return;
    this.open.delete(seq);
    if (payload === encode('fails')) run.failed(seq, new Error('task failed'));
    else run.answered(seq, payload);
  }

  answerAll(run: MapRun): void {
    while (this.open.size > 0) this.answer(run, 0);
  }
}

/** A map as `Coalition.map` makes it. */
function mapRun(concurrency: number, port: MapPort, request: Partial<MapRequest> = {}): MapRun {
  const plain = { ordered: true, onError: 'throw', signal: undefined, draft: {} } as const;
  return new MapRun({ ...plain, concurrency, ...request }, port);
}

/** A source that counts how far it was pulled, and whether it was closed. */
class Source<T> {
  pulled = 0;
  closed = 0;
  readonly #items: readonly T[];
  readonly #throwsAt: number;

  constructor(items: readonly T[], throwsAt = Number.POSITIVE_INFINITY) {
    this.#items = items;
    this.#throwsAt = throwsAt;
  }

  next(): IteratorResult<T> {
    if (this.pulled >= this.#throwsAt) throw new Error('source failed');
    const item = this.#items[this.pulled];
    if (this.pulled >= this.#items.length || item === undefined) return { done: true, value: undefined };
    this.pulled += 1;
    return { done: false, value: item };
  }

  return(): IteratorResult<T> {
    this.closed += 1;
    return { done: true, value: undefined };
  }

  sync(): Iterable<T> {
    return { [Symbol.iterator]: () => this };
  }

  async(): AsyncIterable<T> {
    const iterator = { next: async () => this.next(), return: async () => this.return() };
    return { [Symbol.asyncIterator]: () => iterator };
  }
}

const plan = fc.record({
  count: fc.nat(60),
  concurrency: fc.integer({ min: 1, max: 20 }),
  answers: fc.array(fc.nat(50), { maxLength: 200 }),
  isAsync: fc.boolean(),
  /** The position of a task that fails, of a place where the loop is left, of a place where the source throws. */
  failsAt: fc.option(fc.nat(59), { nil: undefined }),
  leavesAt: fc.option(fc.nat(59), { nil: undefined }),
  throwsAt: fc.option(fc.nat(59), { nil: undefined }),
  room: fc.constantFrom(1, 7, 1_000),
});

type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

async function play(given: Plan) {
  const { count, concurrency, answers, isAsync, failsAt, leavesAt, throwsAt } = given;
  const items = Array.from({ length: count }, (_, at) => (at === failsAt ? 'fails' : at));
  const source = new Source(items, throwsAt);
  const port = new Port();
  const run = mapRun(concurrency, port);
  const results: unknown[] = [];
  const inputs = isAsync ? source.async() : source.sync();
  let pulledMax = 0;
  const reading = (async () => {
    for await (const value of run.run(inputs)) {
      results.push(value);
      if (results.length - 1 === leavesAt) break;
    }
  })();
  const ended = reading.then(
    () => undefined,
    (error: Error) => error,
  );
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  const look = () => {
    pulledMax = Math.max(pulledMax, source.pulled - results.length);
  };
  for (const at of answers) {
    await turns(3);
    port.endTick();
    look();
    port.answer(run, at);
  }
  for (let round = 0; round < 1_000 && !isOver; round += 1) {
    await turns(10);
    port.endTick();
    look();
    port.room += 2;
    port.answer(run, round);
  }
  return { items, source, port, results, error: await ended, pulledMax };
}

describe('map', () => {
  it('answers in input order within its window, whatever comes in between', async () => {
    const check = async (given: Plan) => {
      const { items, source, port, results, error, pulledMax } = await play(given);
      const { count, concurrency, failsAt, leavesAt, throwsAt } = given;
      expect(results).to.deep.equal(items.slice(0, results.length));
      expect(port.openMax).to.be.at.most(concurrency);
      expect(pulledMax).to.be.at.most(concurrency + 1); // one that was yielded and not yet counted by the reader
      const isThrown = throwsAt !== undefined && throwsAt <= count;
      if (error?.message === 'task failed') expect(results).to.have.length(failsAt ?? -1);
      else if (error?.message === 'source failed') expect(isThrown).to.equal(true);
      else if (leavesAt !== undefined && leavesAt < results.length)
        expect(results).to.have.length(leavesAt + 1);
      else expect(results).to.have.length(count);
      const isExhausted = source.pulled === count || (isThrown && source.pulled === throwsAt);
      expect(source.closed).to.be.at.most(1);
      if (!isExhausted) expect(source.closed, 'left open').to.equal(1);
      if (error?.message === 'source failed') expect(source.closed, 'closed after it threw').to.equal(0);
      for (const seq of port.open.keys()) expect(port.abandoned, 'left behind').to.include(seq);
    };
    await fc.assert(fc.asyncProperty(plan, check), { numRuns: 200 });
  });

  it('keeps its window full', async () => {
    const port = new Port();
    const run = mapRun(8, port);
    const map = run.run(Array.from({ length: 100 }, (_, at) => at));
    const first = map.next();
    await turns();
    expect(port.open.size).to.equal(8);
    port.answerAll(run);
    expect((await first).value).to.equal(0);
    for (let at = 1; at < 4; at += 1) expect((await map.next()).value).to.equal(at);
    await turns();
    expect(port.open.size).to.be.within(3, 4);
    await map.return();
  });

  it('gives refused inputs their places under their new names', async () => {
    const port = new Port();
    port.room = 2;
    const run = mapRun(6, port);
    const all = collect(run.run([10, 11, 12, 13]));
    await turns();
    port.room = 100;
    for (let round = 0; round < 20; round += 1) {
      await turns(5);
      port.answer(run, 3 - (round % 4));
    }
    expect(await all).to.deep.equal([10, 11, 12, 13]);
  });

  it('ends with the reason of its signal, also one that aborted before', async () => {
    for (const isBefore of [true, false]) {
      const leaving = new AbortController();
      const reason = new Error('enough');
      const port = new Port();
      const source = new Source([1, 2, 3]);
      if (isBefore) leaving.abort(reason);
      const all = rejection(collect(mapRun(2, port, { signal: leaving.signal }).run(source.sync())));
      await turns();
      leaving.abort(reason);
      expect(await all).to.equal(reason);
      expect(source.closed).to.equal(1);
    }
  });

  it('can be left while its source is silent for ever', async () => {
    let isClosed = false;
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          isClosed = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const leaving = new AbortController();
    const all = rejection(collect(mapRun(4, new Port(), { signal: leaving.signal }).run(silent)));
    await turns();
    leaving.abort(new Error('enough'));
    expect(await all).to.include({ message: 'enough' });
    expect(isClosed).to.equal(true);
  });

  it('can be left while it waits for room', async () => {
    const port = new Port();
    port.room = 0;
    const leaving = new AbortController();
    const all = rejection(collect(mapRun(4, port, { signal: leaving.signal }).run([1, 2])));
    await turns();
    leaving.abort(new Error('enough'));
    expect(await all).to.include({ message: 'enough' });
  });

  it('rejects what cannot be iterated, or is not plain, and closes the source', async () => {
    const run = () => mapRun(2, new Port());
    const nothing = {} as unknown as Iterable<number>;
    expect(await rejection(collect(run().run(nothing)))).to.be.instanceOf(TypeError);
    const source = new Source<unknown>([1, { a: [2n] }, 3]);
    const error = await rejection(collect(run().run(source.sync())));
    expect(error).to.include({ name: 'NotSerializable' });
    expect(error.message).to.contain('payload.a[0]');
    expect(source.closed).to.equal(1);
  });

  it('takes a text for its characters', async () => {
    const port = new Port();
    const run = mapRun(4, port);
    const all = collect(run.run('ab'));
    await turns();
    port.answerAll(run);
    expect(await all).to.deep.equal(['a', 'b']);
  });

  it('yields results as they come, and every one of them once', async () => {
    const check = async (count: number, concurrency: number, answers: readonly number[]) => {
      const port = new Port();
      const run = mapRun(concurrency, port, { ordered: false });
      const all = collect(run.run(Array.from({ length: count }, (_, at) => at)));
      const order: unknown[] = [];
      let isOver = false;
      const ended = all.finally(() => {
        isOver = true;
      });
      for (let round = 0; !isOver && round < 1_000; round += 1) {
        await turns(10);
        const at = answers[round % answers.length] ?? 0;
        const payload = [...port.open.values()][at % Math.max(1, port.open.size)];
        if (payload !== undefined) order.push(JSON.parse(payload));
        port.answer(run, at);
      }
      expect(await ended).to.deep.equal(order);
      expect([...order].sort((left, right) => Number(left) - Number(right))).to.deep.equal(
        Array.from({ length: count }, (_, at) => at),
      );
      expect(port.openMax).to.be.at.most(concurrency);
    };
    const answers = fc.array(fc.nat(30), { minLength: 1, maxLength: 60 });
    await fc.assert(fc.asyncProperty(fc.nat(40), fc.integer({ min: 1, max: 12 }), answers, check), {
      numRuns: 100,
    });
  });

  for (const ordered of [true, false]) {
    it(`yields what became of each input, ${ordered ? 'in order' : 'as it comes'}, also of one that is refused`, async () => {
      const port = new Port();
      const run = mapRun(8, port, { onError: 'yield', ordered });
      const all = collect(run.run(['a', 'fails', 'refused', 'b']));
      await turns();
      port.answer(run, 2);
      port.answer(run, 1);
      port.answer(run, 0);
      const outcomes = (await all) as MapOutcome[];
      const shown = outcomes.map((one) => [
        one.index,
        one.status === 'rejected' ? one.error.message : one.value,
      ]);
      const byIndex = [
        [0, 'a'],
        [1, 'task failed'],
        [2, 'refused'],
        [3, 'b'],
      ];
      expect(shown).to.deep.equal(ordered ? byIndex : [2, 3, 1, 0].map((at) => byIndex[at]));
      expect(outcomes.map(({ status }) => status === 'rejected')).to.deep.equal(
        shown.map(([index]) => index === 1 || index === 2),
      );
    });
  }

  it('says why it gives up what is under way', async () => {
    const reason = new Error('enough');
    const leaving = new AbortController();
    const port = new Port();
    const all = rejection(collect(mapRun(4, port, { signal: leaving.signal }).run([1, 2, 3])));
    await turns();
    leaving.abort(reason);
    expect(await all).to.equal(reason);
    expect([...port.abandoned]).to.deep.equal([1, 2, 3]);
    expect(port.reasons).to.deep.equal([reason, reason]);
  });

  it('gives up nothing that the broker may yet refuse', async () => {
    const leaving = new AbortController();
    const port = new Port();
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const given: number[][] = [];
    const slow: MapPort = {
      draft: (input) => port.draft(input),
      chunks: port.chunks,
      defer: (callback) => port.defer(callback),
      publishAll: async (_, owner) => {
        owner.stamped([testEnvelope(1), testEnvelope(2)]);
        await asked;
        owner.refused([testEnvelope(2)]);
      },
      abandon: (seqs) => given.push([...seqs]),
    };
    const all = rejection(collect(mapRun(2, slow, { signal: leaving.signal }).run([1, 2])));
    await turns();
    leaving.abort(new Error('enough'));
    await turns();
    answer();
    await all;
    expect(given).to.deep.equal([[], [1]]);
  });

  it('publishes together what an asynchronous source gave within a tick, and asks for no more than its window', async () => {
    let [asked, closed] = [0, 0];
    const fast: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked += 1;
          return { done: false, value: asked };
        },
        return: async () => {
          closed += 1;
          return { done: true, value: undefined };
        },
      }),
    };
    const port = new Port();
    const run = mapRun(16, port);
    const map = run.run(fast);
    const first = map.next();
    await turns(200);
    expect([asked, port.calls]).to.deep.equal([16, [16]]);
    port.answerAll(run);
    expect((await first).value).to.equal(1);
    await turns(200);
    expect(asked).to.equal(16);
    await map.return();
    expect(closed).to.equal(1);
  });

  it('publishes at the end of a tick what a slow source has given', async () => {
    const waiting: ((value: IteratorResult<number>) => void)[] = [];
    const slow: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve) => waiting.push(resolve)) }),
    };
    const port = new Port();
    const all = rejection(collect(mapRun(16, port).run(slow)));
    for (const value of [1, 2]) {
      await turns();
      waiting.shift()?.({ done: false, value });
    }
    await turns();
    expect(port.calls).to.deep.equal([]);
    port.endTick();
    await turns();
    expect(port.calls).to.deep.equal([2]);
    waiting.shift()?.({ done: false, value: 3 });
    await turns();
    port.endTick();
    await turns();
    expect(port.calls).to.deep.equal([2, 1]);
    expect(waiting).to.have.length(1);
    waiting.shift()?.(Promise.reject(new Error('source failed')) as never);
    expect(await all).to.include({ message: 'source failed' });
  });
});
