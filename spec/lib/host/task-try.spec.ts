import { inspect } from 'node:util';
import { expect } from 'chai';
import { z } from 'zod';
import { defineAgent } from '../../../lib/coalition/define.js';
import { sleep } from '../../../lib/core/clock.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { failureOf, type RunnableAgent, TaskTry } from '../../../lib/host/task-try.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

interface Particulars {
  readonly payload?: unknown;
  readonly timeoutMs?: number | undefined;
  /** Holds the handler back until it is called. */
  readonly told?: Promise<void>;
}

function bench(agent: RunnableAgent, { payload, timeoutMs, told }: Particulars = {}) {
  const clock = new ManualClock();
  const said: unknown[] = [];
  const surroundings = {
    epoch: 1,
    state: new StateCopy(),
    payloadBytesMax: 1_000,
    onceKeysMax: 3,
    clock,
    listener: {
      began: (batch: number, at: number) => {
        said.push(['began', batch, at]);
        return told;
      },
      progress: (...progress: unknown[]) => said.push(['progress', ...progress]),
      record: (...record: unknown[]) => said.push(['record', ...record]),
    },
  };
  const source = {
    number: 4,
    idOf: (at: number) => `t${at}`,
    attemptOf: () => 1,
    payloadOf: () => payload,
    timeoutMsOf: () => timeoutMs,
    recordedOf: () => [],
  };
  return { clock, said, trial: new TaskTry(agent, source, 2, surroundings) };
}

const double = defineAgent({ name: 'double', handle: (n: number) => n * 2 });

/** Answers after so long, whatever its signal says. */
function stubborn(clock: () => ManualClock, ms: number, seen: unknown[] = []) {
  return defineAgent({
    name: 'stubborn',
    handle: async (_: unknown, { signal }) => {
      signal.addEventListener('abort', () => seen.push(signal.reason));
      await sleep(clock(), ms);
      return 'done';
    },
  });
}

describe('a try at a task', () => {
  it('hands the payload over and says nothing of its time where there is no limit', () => {
    const { trial, said, clock } = bench(double, { payload: 3 });
    expect(trial.begin()).to.equal(6);
    expect(trial.end()).to.equal(undefined);
    expect(said).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });

  it('hands over a context that is made for whoever looks, says where it stands, and can be printed', () => {
    const looks = defineAgent({
      name: 'looks',
      handle: (_: unknown, context) => [inspect(context), context.id],
    });
    const { trial } = bench(looks);
    expect(trial.begin()).to.deep.equal([inspect(trial.handed), 't2']);
    expect(trial.handed).to.include({ id: 't2', attempt: 1 });
    expect(inspect(trial.handed)).to.contain("id: 't2'");
  });

  it('is aborted for a handler that looks only afterwards', () => {
    const { trial } = bench(double, { payload: 1 });
    trial.abort(new ConclaveError('Cancelled', 'not wanted'));
    trial.abort(new ConclaveError('Timeout', 'too late for a second reason'));
    expect(trial.handed.signal.reason).to.include({ code: 'Cancelled', message: 'not wanted' });
  });

  it('says under its place in the batch what its handler says', async () => {
    const speaks = defineAgent({
      name: 'speaks',
      handle: (_: unknown, context) => {
        context.progress(0.5);
        void context.once('key', () => 'x');
      },
    });
    const { trial, said, clock } = bench(speaks);
    trial.begin();
    await clock.settle();
    trial.recorded('key');
    expect(said).to.deep.equal([
      ['progress', 4, 2, 0.5],
      ['record', 4, 2, 'key', '"x"'],
    ]);
  });

  describe('with a schema', () => {
    const input = z.object({ n: z.coerce.number(), unit: z.string().default('kg') });
    const handle = ({ n, unit }: { n: number; unit: string }) => [n, unit];

    it('hands the output of the schema over, without a promise where it needs none', () => {
      const checked = defineAgent({ name: 'checked', input, handle });
      expect(bench(checked, { payload: { n: '5' } }).trial.begin()).to.deep.equal([5, 'kg']);
    });

    it('waits for an asynchronous one', async () => {
      const slow = defineAgent({ name: 'slow', input: input.refine(async () => true), handle });
      const answer = bench(slow, { payload: { n: 5, unit: 'm' } }).trial.begin();
      expect(answer).to.be.instanceOf(Promise);
      expect(await answer).to.deep.equal([5, 'm']);
    });

    it('fails with what the schema says, and does not call the handler', async () => {
      let calls = 0;
      const count = () => {
        calls += 1;
      };
      const checked = defineAgent({ name: 'checked', input, handle: count });
      const { trial } = bench(checked, { payload: { n: 'five' } });
      expect(() => trial.begin())
        .to.throw(ConclaveError, /"checked".*payload\.n/)
        .with.property('code', 'InvalidPayload');
      const slow = defineAgent({
        name: 'slow',
        input: input.refine(async () => false, 'never'),
        handle: count,
      });
      const refused = await Promise.resolve(bench(slow, { payload: { n: 5 } }).trial.begin()).catch((e) => e);
      expect(refused).to.include({ code: 'InvalidPayload' });
      expect(calls).to.equal(0);
    });

    it('does not call the handler of a task that was aborted meanwhile', async () => {
      let calls = 0;
      const count = () => {
        calls += 1;
      };
      const slow = defineAgent({ name: 'slow', input: input.refine(async () => true), handle: count });
      const { trial } = bench(slow, { payload: { n: 5 } });
      const answer = trial.begin();
      const reason = new ConclaveError('Cancelled', 'not wanted');
      trial.abort(reason);
      expect(await Promise.resolve(answer).catch((error) => error)).to.equal(reason);
      expect(calls).to.equal(0);
    });
  });

  describe('with a time limit', () => {
    it('says that its time begins before it calls the handler', () => {
      const order: string[] = [];
      const notes = defineAgent({ name: 'notes', timeoutMs: 50, handle: () => order.push('called') });
      const { trial, said, clock } = bench(notes);
      trial.begin();
      said.push(...order);
      expect(said).to.deep.equal([['began', 4, 2], 'called']);
      expect(clock.pending).to.equal(1);
      expect(trial.end()).to.equal(undefined);
      expect(clock.pending).to.equal(0);
    });

    it('does not call the handler before it has told, nor after an abort meanwhile', async () => {
      for (const isAborted of [false, true]) {
        let calls = 0;
        const count = defineAgent({ name: 'count', timeoutMs: 50, handle: () => (calls += 1) });
        let tell = () => {};
        const told = new Promise<void>((resolve) => {
          tell = resolve;
        });
        const { trial, clock } = bench(count, { told });
        const answer = Promise.resolve(trial.begin()).catch((error) => error.code);
        await clock.settle();
        expect(calls).to.equal(0);
        if (isAborted) trial.abort(new ConclaveError('Cancelled', 'not wanted'));
        tell();
        expect(await answer).to.equal(isAborted ? 'Cancelled' : 1);
        trial.end();
      }
    });

    it('aborts the handler when its time is up, and has failed whatever that answers', async () => {
      let clock = new ManualClock();
      const seen: unknown[] = [];
      const limited = { ...stubborn(() => clock, 100, seen), timeoutMs: 40 };
      const tried = bench(limited);
      clock = tried.clock;
      const answer = tried.trial.begin();
      await clock.advance(39);
      expect(seen).to.deep.equal([]);
      await clock.advance(1);
      await clock.advance(60);
      expect(await answer).to.equal('done');
      const timeout = tried.trial.end();
      expect(timeout).to.include({ code: 'Timeout' });
      expect(timeout?.message).to.match(/^Agent "stubborn" had not answered after 40 ms \(timeoutMs\)/);
      expect(seen).to.deep.equal([timeout]);
    });

    it('goes by what the task itself says', async () => {
      for (const [own, agents, isLate] of [
        [undefined, 40, true],
        [150, 40, false],
        [40, 150, true],
        [40, undefined, true],
      ] as const) {
        let clock = new ManualClock();
        const agent = { ...stubborn(() => clock, 100), ...(agents !== undefined && { timeoutMs: agents }) };
        const tried = bench(agent, { timeoutMs: own });
        clock = tried.clock;
        tried.trial.begin();
        await clock.advance(100);
        expect(tried.trial.end()?.code).to.equal(isLate ? 'Timeout' : undefined);
        expect(clock.pending).to.equal(0);
      }
    });

    it('has failed too where the handler kept the thread and no timer could fire', () => {
      const { trial, clock } = bench({ ...double, timeoutMs: 40 }, { payload: 1 });
      trial.begin();
      Object.defineProperty(clock, 'nowMs', { value: () => 40 });
      expect(trial.end()).to.include({ code: 'Timeout' });
    });

    it('leaves no timer behind when it is given up', () => {
      let clock = new ManualClock();
      const seen: unknown[] = [];
      const tried = bench({ ...stubborn(() => clock, 0, seen), timeoutMs: 40 });
      clock = new ManualClock();
      tried.trial.begin();
      expect(tried.clock.pending).to.equal(1);
      const reason = new ConclaveError('Cancelled', 'The worker stops.');
      tried.trial.giveUp(reason);
      expect(tried.clock.pending).to.equal(0);
      expect(seen).to.deep.equal([reason]);
    });
  });

  it('that was too slow fails with Timeout, and with what the handler threw as its cause', () => {
    const timeout = new ConclaveError('Timeout', 'too slow');
    const thrown = new Error('aborted');
    expect(failureOf(thrown, undefined)).to.equal(thrown);
    expect(failureOf(timeout, timeout)).to.equal(timeout);
    expect(failureOf(thrown, timeout)).to.include({ code: 'Timeout', message: 'too slow', cause: thrown });
  });
});
