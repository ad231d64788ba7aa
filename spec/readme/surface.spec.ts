import { expect } from 'chai';
import { codeBlocks, printed } from './user-project.js';

/* What the blocks leave to the reader: their inputs, the body of a loop, a chart, an observer. */
const inputs = `
const inputs = Array.from({ length: 1_000 }, (_, n) => ({ n }));
const mapped: number[] = [];
`;

const door = `
import { setup, type Inspect, type ReplyTo } from 'conclave';
const doorChart = setup({
  types: {
    context: {} as { locked: boolean },
    input: {} as { locked: boolean },
    events: {} as { type: 'OPEN' } | { type: 'STATUS'; replyTo: ReplyTo<string> },
  },
}).createMachine({
  context: ({ input }) => ({ locked: input.locked }),
  initial: 'closed',
  states: { closed: { on: { OPEN: 'open' } }, open: {} },
  on: { STATUS: { actions: respond(({ context }) => (context.locked ? 'locked' : 'unlocked')) } },
});
const observed = new Set<string>();
const inspect: Inspect = ({ type }) => void observed.add(type);
`;

describe('the public surface, as fixed', function () {
  this.timeout(60_000);
  const [agents = '', coalition = '', actor = '', ...more] = codeBlocks('spec/readme/surface.md', 'ts');

  it('has the blocks that are run here, and no other', () => {
    expect({ agents: agents !== '', coalition: coalition !== '', actor: actor !== '', more }).to.deep.equal({
      agents: true,
      coalition: true,
      actor: true,
      more: [],
    });
  });

  it('embeds a coalition, word for word', async () => {
    const body = coalition.replace(/ …(?= +\/\/)/, ' mapped.push(value);');
    const asked = coalition.includes('await task.result();');
    const told = `
const { completed, requeued, deadLettered, abandoned } = report;
const inOrder = mapped.length === 1_000 && mapped.every((value, n) => value === n * n);
console.log(JSON.stringify({ result: await task.result(), inOrder, completed, requeued, deadLettered, abandoned }));
`;
    const stdout = await printed({ 'agents.ts': agents, 'main.ts': `${inputs}${body}${told}` }, 'main.js');
    expect(body).to.not.equal(coalition);
    expect(asked).to.equal(true);
    expect(JSON.parse(stdout)).to.deep.equal({
      result: 144,
      inOrder: true,
      completed: 1_001,
      requeued: 0,
      deadLettered: 0,
      abandoned: 0,
    });
  });

  it('supervises a chart, word for word', async () => {
    const asked = actor.replace('await door.ask(', 'const status: string = await door.ask(');
    const told = `\nconsole.log(JSON.stringify({ status, observed: observed.has('@xstate.snapshot') }));\n`;
    const stdout = await printed({ 'door.ts': `${door}${asked}${told}` }, 'door.js');
    expect(asked).to.not.equal(actor);
    expect(JSON.parse(stdout)).to.deep.equal({ status: 'locked', observed: true });
  });
});
