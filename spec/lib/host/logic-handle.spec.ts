import { expect } from 'chai';
import {
  type AnyActorLogic,
  assign,
  fromCallback,
  fromObservable,
  fromPromise,
  fromTransition,
  sendParent,
  setup,
} from 'xstate';
import { ConclaveError, errorToData } from '../../../lib/core/errors.js';
import type { AgentContext } from '../../../lib/host/contract.js';
import { logicHandle } from '../../../lib/host/logic-handle.js';
import { StateCopy } from '../../../lib/host/state-copy.js';
import { TaskContext } from '../../../lib/host/task-context.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function bench() {
  const clock = new ManualClock();
  const log: string[] = [];
  const system = createSystem({ clock, log: (line) => log.push(line) });
  const exits: string[] = [];
  system.on('exit', ({ exit }) => exits.push(exit.type));
  const run = (logic: AnyActorLogic, payload?: unknown, reason?: ConclaveError) => {
    const context = new TaskContext(
      { epoch: 1, state: new StateCopy(), payloadBytesMax: 100, onceKeysMax: 1 },
      { id: 't', attempt: 1, recorded: [] },
      { progress: () => undefined, record: () => undefined },
    );
    if (reason !== undefined) context.abort(reason);
    const handle = logicHandle(system, logic) as (given: unknown, context: AgentContext) => Promise<unknown>;
    const answer = Promise.resolve(handle(payload, context.handed));
    return { context, answer: answer.catch((error: unknown) => ({ error })) };
  };
  return { clock, log, system, exits, run };
}

/** Counts down from its input, a step a delay, with a child that it starts first. */
function countdown(alive: Set<string> = new Set()) {
  const child = fromCallback(() => {
    alive.add('child');
    return () => alive.delete('child');
  });
  return setup({
    types: { context: {} as { n: number }, input: {} as { n: number }, output: {} as { steps: number } },
    actors: { child },
    guards: { isOver: ({ context }) => context.n <= 0 },
  }).createMachine({
    context: ({ input }) => ({ n: input.n }),
    initial: 'counting',
    states: {
      counting: {
        invoke: { src: 'child' },
        always: { guard: 'isOver', target: 'over' },
        after: {
          100: { target: 'counting', reenter: true, actions: assign({ n: ({ context }) => context.n - 1 }) },
        },
      },
      over: { type: 'final' },
    },
    output: ({ context }) => ({ steps: context.n }),
  });
}

describe('a logic as a handler', () => {
  it('runs a chart from its input to the output of its final state, delays by the clock', async () => {
    const { clock, run, system } = bench();
    const alive = new Set<string>();
    const { answer } = run(countdown(alive), { n: 3 });
    await clock.advance(299);
    expect(alive.has('child')).to.equal(true);
    await clock.advance(1);
    expect(await answer).to.deep.equal({ steps: 0 });
    expect(alive.size).to.equal(0);
    await system.stop();
    expect(clock.pending).to.equal(0);
  });

  it('runs promises, transitions and observables that have an end', async () => {
    const { clock, run } = bench();
    const kept = run(
      fromPromise(async ({ input }: { input: number }) => input * 2),
      4,
    );
    const ends = fromTransition((_: number, _event: { type: 'x' }) => 0, 0);
    const doneAtOnce: AnyActorLogic = {
      ...ends,
      getInitialSnapshot: (_scope: unknown, input: unknown) => ({
        ...ends.getInitialSnapshot({} as never, undefined as never),
        status: 'done',
        output: input,
      }),
    };
    const stepped = run(doneAtOnce, 'given');
    const values = {
      subscribe: ({ next, complete }: { next(n: number): void; complete(): void }) => {
        next(1);
        complete();
        return { unsubscribe: () => undefined };
      },
    };
    const observed = run(fromObservable(() => values as never));
    await clock.settle();
    expect(await kept.answer).to.equal(8);
    expect(await stepped.answer).to.equal('given');
    expect(await observed.answer).to.equal(undefined);
  });

  it('fails with what the logic throws, whole, and leaves the telling to its caller', async () => {
    const { clock, run, log } = bench();
    const cause = new TypeError('the root');
    const thrown = Object.assign(new RangeError('out of range', { cause }), { code: 'E_RANGE' });
    const breaks = setup({
      actions: {
        break: () => {
          throw thrown;
        },
      },
    }).createMachine({ initial: 'a', states: { a: { after: { 5: { actions: 'break' } } } } });
    const child = setup({ actors: { rejects: fromPromise(() => Promise.reject(thrown)) } }).createMachine({
      invoke: { src: 'rejects' },
    });
    for (const logic of [fromPromise(() => Promise.reject(thrown)), breaks, child]) {
      const { answer } = run(logic);
      await clock.advance(10);
      expect(await answer).to.deep.equal({ error: thrown });
    }
    const { name, code, stack, cause: root } = errorToData(thrown);
    expect([name, code, root?.message]).to.deep.equal(['RangeError', 'E_RANGE', 'the root']);
    expect(stack).to.include('logic-handle.spec');
    expect(log.filter((line) => line.includes("' crashed"))).to.deep.equal([]);
  });

  it('stops the actor and its children when the task is aborted, also before it began', async () => {
    for (const isEarly of [false, true]) {
      const { clock, run, exits, system } = bench();
      const alive = new Set<string>();
      const reason = new ConclaveError('Timeout', 'time is up');
      const { context, answer } = run(countdown(alive), { n: 100 }, isEarly ? reason : undefined);
      if (!isEarly) await clock.advance(150);
      context.abort(reason);
      await clock.settle();
      expect(await answer).to.deep.equal({ error: reason });
      expect(exits).to.deep.equal(['stopped']);
      expect(alive.size).to.equal(0);
      expect(clock.pending).to.equal(0);
      await system.stop();
    }
  });

  it('takes what is still sent to a task that is over as a dead letter', async () => {
    const { clock, run, system } = bench();
    const late = fromCallback(() => undefined);
    const talks = setup({ actors: { late }, actions: { tell: sendParent({ type: 'HELLO' }) } }).createMachine(
      {
        entry: 'tell',
        initial: 'over',
        states: { over: { type: 'final' } },
      },
    );
    const { answer } = run(talks);
    await clock.settle();
    expect(await answer).to.equal(undefined);
    expect(system.deadLetters().map(({ event }) => event.type)).to.deep.equal(['HELLO']);
  });

  it('never ends by itself where the logic does not, until it is aborted', async () => {
    const { clock, run } = bench();
    let isCleanedUp = false;
    const endless = fromCallback(() => () => {
      isCleanedUp = true;
    });
    const { context, answer } = run(endless);
    let isOver = false;
    void answer.then(() => {
      isOver = true;
    });
    await clock.advance(1_000_000);
    expect(isOver).to.equal(false);
    const reason = new ConclaveError('Timeout', 'time is up');
    context.abort(reason);
    await clock.settle();
    expect(await answer).to.deep.equal({ error: reason });
    expect(isCleanedUp).to.equal(true);
  });

  it('ends with the system it runs under', async () => {
    const { clock, run, system } = bench();
    const { answer } = run(countdown(), { n: 100 });
    await clock.settle();
    await system.stop();
    const { error } = (await answer) as { error: unknown };
    expect(error).to.be.instanceOf(ConclaveError).and.include({ code: 'Cancelled' });
    const refused = (await run(countdown(), { n: 1 }).answer) as { error: unknown };
    expect(refused.error).to.include({ code: 'ShuttingDown' });
  });
});
