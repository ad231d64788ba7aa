import { expect } from 'chai';
import { createCoalition, defineAgent } from '../../../lib/index.js';

const Agents = {
  square: defineAgent({ name: 'square', handle: ({ n }: { n: number }) => n * n }),
  greet: defineAgent({ name: 'greet', handle: async (name: string) => `hello ${name}` }),
  other: 5,
};

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

  it('lets any name and payload through where the module is not typed', async () => {
    await using coalition = await createCoalition({ agents: Agents, workers: 1 });
    const result: unknown = await (await coalition.submit('greet', 'you')).result();
    expect(result).to.equal('hello you');
  });
});
