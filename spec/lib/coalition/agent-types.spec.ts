import { expect } from 'chai';
import * as v from 'valibot';
import { fromCallback, fromPromise, fromTransition, setup } from 'xstate';
import { z } from 'zod';
import type { AgentName, PayloadOf, ResultOf } from '../../../lib/coalition/agent-types.js';
import { createCoalition, defineAgent, type MapOutcome } from '../../../lib/index.js';

/** True where both are the same type, not only assignable: fails to compile elsewhere. */
type Same<Left, Right> =
  (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
const same = <Left, Right>(isSame: Same<Left, Right>) => expect(isSame).to.equal(true);

const timerChart = setup({
  types: { context: {} as { ms: number }, input: {} as { ms: number }, output: {} as { waitedMs: number } },
  delays: { wait: ({ context }) => context.ms },
}).createMachine({
  context: ({ input }) => ({ ms: input.ms }),
  initial: 'waiting',
  states: { waiting: { after: { wait: 'over' } }, over: { type: 'final' } },
  output: ({ context }) => ({ waitedMs: context.ms }),
});

const Agents = {
  square: defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n }),
  greet: defineAgent({ name: 'greet', handle: async (name: string) => `hello ${name}` }),
  count: defineAgent({
    name: 'count',
    input: z.object({ text: z.string(), unit: z.enum(['word', 'line']).default('word') }),
    handle: async ({ text, unit }) => ({ unit, count: text.split(unit === 'word' ? ' ' : '\n').length }),
  }),
  year: defineAgent({
    name: 'year',
    input: v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    ),
    handle: (date) => date.getUTCFullYear(),
  }),
  timer: defineAgent({ name: 'timer', logic: timerChart }),
  half: defineAgent({ name: 'half', logic: fromPromise(async ({ input }: { input: number }) => input / 2) }),
  other: 5,
};
type Module = typeof Agents;

/* That this file compiles is the spec: each line marked as an error must be one. */
describe('the typed surface', () => {
  it('knows names, payloads and results by the type of the agents module', async () => {
    await using coalition = await createCoalition<typeof Agents>({ agents: Agents, workers: 1 });
    const task = await coalition.submit('square', { n: 12 });
    const squared: number = await task.result();
    expect(squared).to.equal(144);
    const greeted: string = await (await coalition.submit('greet', 'you')).result();
    expect(greeted).to.equal('hello you');
    for await (const value of coalition.map('square', [{ n: 2 }])) {
      const result: number = value;
      expect(result).to.equal(4);
    }
    async function* stream() {
      yield { n: 3 };
    }
    for await (const value of coalition.map('square', stream())) expect(value).to.equal(9);

    const refused = async () => {
      // @ts-expect-error no agent is called so
      await coalition.submit('cube', { n: 1 });
      // @ts-expect-error an export that is no agent
      await coalition.submit('other', 1);
      // @ts-expect-error a payload of another agent
      await coalition.submit('square', 'you');
      // @ts-expect-error a payload with a field of another type
      await coalition.submit('square', { n: '12' });
      // @ts-expect-error a result of another type
      const wrong: string = await task.result();
      // @ts-expect-error inputs of another type
      for await (const _ of coalition.map('greet', [1])) break;
      // @ts-expect-error what is not plain is no query
      await coalition.runQuery(() => 1);
      return wrong;
    };
    expect(refused).to.be.a('function');
  });

  it('takes the input of a schema, hands its output to the handler, and answers what that returns', async () => {
    await using coalition = await createCoalition<typeof Agents>({ agents: Agents, workers: 1 });
    const counted: { unit: 'word' | 'line'; count: number } = await (
      await coalition.submit('count', { text: 'a b' })
    ).result();
    expect(counted).to.deep.equal({ unit: 'word', count: 2 });
    const year: number = await (await coalition.submit('year', '2020-01-01')).result();
    expect(year).to.equal(2020);

    const refused = async () => {
      // @ts-expect-error a field that the schema needs is missing
      await coalition.submit('count', { unit: 'line' });
      // @ts-expect-error a field that the schema does not take so
      await coalition.submit('count', { text: 'a', unit: 'page' });
      // @ts-expect-error the schema's output is not its input
      await coalition.submit('year', new Date());
      // @ts-expect-error inputs that the schema does not take
      for await (const _ of coalition.map('year', [2020])) break;
      // @ts-expect-error a result of another type
      const wrong: string = await (await coalition.submit('year', '2020')).result();
      return wrong;
    };
    expect(refused).to.be.a('function');
  });

  it('takes the input of a logic, and answers its output', async () => {
    await using coalition = await createCoalition<typeof Agents>({ agents: Agents, workers: 1 });
    const waited: { waitedMs: number } = await (await coalition.submit('timer', { ms: 1 })).result();
    expect(waited).to.deep.equal({ waitedMs: 1 });
    const half: number = await (await coalition.submit('half', 5)).result();
    expect(half).to.equal(2.5);

    const refused = async () => {
      // @ts-expect-error an input that the chart does not take
      await coalition.submit('timer', { seconds: 1 });
      // @ts-expect-error an input that the promise does not take
      await coalition.submit('half', '5');
      // @ts-expect-error an output of another type
      const wrong: { waitedS: number } = await (await coalition.submit('timer', { ms: 1 })).result();
      return wrong;
    };
    expect(refused).to.be.a('function');
  });

  it('knows agents in lists, as a default export, and without a payload', async () => {
    const exported = {
      default: defineAgent({ name: 'default', handle: (text: string) => text.length }),
      list: [
        defineAgent({ name: 'one', handle: (n: 1) => n }),
        defineAgent({ name: 'two', handle: (n: 2) => n }),
      ] as const,
      ping: defineAgent({ name: 'ping', handle: () => 'pong' }),
    };
    await using coalition = await createCoalition<typeof exported>({ agents: exported, workers: 1 });
    const one: 1 = await (await coalition.submit('one', 1)).result();
    const two: 2 = await (await coalition.submit('two', 2)).result();
    const length: number = await (await coalition.submit('default', 'text')).result();
    const pong: string = await (await coalition.submit('ping', undefined)).result();
    expect([one, two, length, pong]).to.deep.equal([1, 2, 4, 'pong']);
    same<AgentName<typeof exported>, 'default' | 'one' | 'two' | 'ping'>(true);
    const refused = async () => {
      // @ts-expect-error a payload of the other agent in the list
      await coalition.submit('one', 2);
    };
    expect(refused).to.be.a('function');
  });

  it('types what a map yields by onError, also where that is known at run time alone', async () => {
    await using coalition = await createCoalition<typeof Agents>({ agents: Agents, workers: 1 });
    const either: { onError: 'throw' | 'yield' } = { onError: 'yield' };
    for await (const item of coalition.map('square', [{ n: 2 }], either)) {
      same<typeof item, number | MapOutcome<number>>(true);
      expect(item).to.deep.equal({ index: 0, status: 'fulfilled', value: 4 });
    }
    for await (const item of coalition.map('square', [{ n: 2 }], { onError: 'throw' }))
      same<typeof item, number>(true);
    for await (const item of coalition.map('square', [{ n: 2 }], { onError: 'yield' }))
      same<typeof item, MapOutcome<number>>(true);
    const refused = async () => {
      // @ts-expect-error a word that there is not
      for await (const _ of coalition.map('square', [{ n: 2 }], { onError: 'ignore' })) break;
    };
    expect(refused).to.be.a('function');
  });

  it('derives exactly these types', () => {
    same<AgentName<Module>, 'square' | 'greet' | 'count' | 'year' | 'timer' | 'half'>(true);
    same<PayloadOf<Module, 'square'>, { n: number }>(true);
    same<ResultOf<Module, 'square'>, number>(true);
    same<ResultOf<Module, 'greet'>, string>(true);
    same<PayloadOf<Module, 'count'>, { text: string; unit?: 'word' | 'line' | undefined }>(true);
    same<ResultOf<Module, 'count'>, { unit: 'word' | 'line'; count: number }>(true);
    same<PayloadOf<Module, 'year'>, string>(true);
    same<ResultOf<Module, 'year'>, number>(true);
    same<PayloadOf<Module, 'timer'>, { ms: number }>(true);
    same<ResultOf<Module, 'timer'>, { waitedMs: number }>(true);
    same<PayloadOf<Module, 'half'>, number>(true);
    same<ResultOf<Module, 'half'>, number>(true);
    same<AgentName<unknown>, string>(true);
    same<PayloadOf<unknown, string>, unknown>(true);
    same<ResultOf<unknown, string>, unknown>(true);
    // @ts-expect-error two types that are assignable to each other are not the same
    same<PayloadOf<Module, 'count'>, { text: string }>(true);
  });

  it('takes an agent in one of its three forms', () => {
    const input = z.object({ n: z.number() });
    const refused = () => [
      // @ts-expect-error both a handler and a logic
      defineAgent({ name: 'both', handle: () => 1, logic: timerChart }),
      // @ts-expect-error neither a handler nor a logic
      defineAgent({ name: 'neither' }),
      // @ts-expect-error a schema without a handler
      defineAgent({ name: 'checked', input }),
      // @ts-expect-error a schema and a logic
      defineAgent({ name: 'checked', input, logic: timerChart }),
      // @ts-expect-error no schema
      defineAgent({ name: 'checked', input: { n: 'number' }, handle: () => 1 }),
      // @ts-expect-error a handler of something else than the schema puts out
      defineAgent({ name: 'checked', input, handle: (payload: string) => payload }),
      // @ts-expect-error a field that the schema's output has not
      defineAgent({ name: 'checked', input, handle: ({ m }) => m }),
      // @ts-expect-error no logic
      defineAgent({ name: 'logic', logic: { initial: 'idle' } }),
      // @ts-expect-error no name
      defineAgent({ handle: () => 1 }),
    ];
    expect(refused).to.be.a('function');
    const odd = fromTransition((state: number) => state, 0);
    expect(defineAgent({ name: 'odd', logic: odd }).logic).to.equal(odd);
    expect(
      defineAgent({ name: 'endless', timeoutMs: 5, logic: fromCallback(() => undefined) }).timeoutMs,
    ).to.equal(5);
  });

  it('takes settings of their types alone', () => {
    const handle = (n: number) => n;
    const settled = defineAgent({
      name: 'settled',
      handle,
      after: ['square'],
      attempts: 3,
      backoff: (attempt) => attempt * 10,
      timeoutMs: 1_000,
      limit: { max: 60, periodMs: 60_000 },
      concurrency: 4,
    });
    same<typeof settled.name, 'settled'>(true);
    const refused = () => [
      // @ts-expect-error a number as text
      defineAgent({ name: 'a', handle, timeoutMs: '1s' }),
      // @ts-expect-error a limit without its period
      defineAgent({ name: 'a', handle, limit: { max: 1 } }),
      // @ts-expect-error a backoff of an unknown type
      defineAgent({ name: 'a', handle, backoff: { type: 'linear', delayMs: 1 } }),
      // @ts-expect-error a setting that there is not
      defineAgent({ name: 'a', handle, retries: 3 }),
    ];
    expect(refused).to.be.a('function');
  });

  it('types what a handler is given', () => {
    const handle = defineAgent({
      name: 'context',
      handle: async (_: null, context) => {
        const outcome = await context.once('key', async () => ({ n: 1 }));
        same<typeof outcome, { n: number }>(true);
        same<typeof context.signal, AbortSignal>(true);
        same<typeof context.attempt, number>(true);
        const refused = () => [
          // @ts-expect-error an effect is a function
          context.once('key', 5),
          // @ts-expect-error a fraction is a number
          context.progress('half'),
          // @ts-expect-error a claim has a text
          context.claim({ sources: [] }),
        ];
        return refused.length;
      },
    });
    expect(handle.name).to.equal('context');
  });

  it('lets any name and payload through where the module is not typed', async () => {
    await using coalition = await createCoalition({ agents: Agents, workers: 1 });
    const result: unknown = await (await coalition.submit('greet', 'you')).result();
    expect(result).to.equal('hello you');
    const refused = async () => {
      // @ts-expect-error what it answers is not known
      const wrong: string = await (await coalition.submit('greet', 'you')).result();
      return wrong;
    };
    expect(refused).to.be.a('function');
  });
});
