import { expect } from 'chai';
import { type Asked, answers, startChatServer } from '../examples/research/chat-server.js';
import { codeBlocks, printed, printedByShell, printedByStart } from './user-project.js';

describe('the README', function () {
  this.timeout(60_000);
  const [agents = '', coalition = '', options = '', actor = '', compiled = '', ...more] = codeBlocks(
    'README.md',
    'ts',
  );

  it('has the blocks that are run here, and no other', () => {
    const blocks = [agents, coalition, options, actor, compiled];
    expect({ empty: blocks.filter((block) => block === ''), more }).to.deep.equal({ empty: [], more: [] });
  });

  it('shows what npm start prints', async () => {
    const shown = codeBlocks('README.md', 'console')[0] ?? '';
    const [first = '', last = ''] = shown.replace('$ npm start\n', '').split('…\n');
    const stdout = await printedByStart();
    expect(stdout.slice(0, first.length)).to.equal(first);
    expect(stdout.slice(-last.length)).to.equal(last);
    expect(first.split('\n')).to.have.length.above(3);
    expect(last).to.match(/^Read \d+ documents, \d+ passages\.\n$/);
  });

  it('embeds a coalition as it says', async () => {
    const stdout = await printed({ 'agents.ts': agents, 'main.ts': coalition }, 'main.js');
    expect(stdout.replaceAll(/\s+/g, ' ').trim()).to.equal(
      '144 1 4 9 { completed: 4, requeued: 0, deadLettered: 0, abandoned: 0, cancelled: 0 }',
    );
  });

  it('runs tasks by their options as it says', async () => {
    const stdout = await printed({ 'options.ts': options }, 'options.js');
    expect(stdout).to.equal('sent to Ada completed\nsent to Barbara\nsent to Edsger\n');
  });

  it('runs a supervised actor as it says', async () => {
    expect(await printed({ 'actor.ts': actor }, 'actor.js')).to.equal('1\n');
  });

  it('compiles a chart as it says', async () => {
    expect(await printed({ 'lamp.ts': compiled }, 'lamp.js')).to.equal('{ isCompiled: true }\n');
  });

  it('runs its commands', async () => {
    const lines = codeBlocks('README.md', 'sh').flatMap((block) => block.trim().split('\n'));
    const [run, withModel, ...others] = lines.filter((line) => line.includes('npx '));
    expect(others).to.deep.equal([]);
    expect(await printedByShell(run ?? '')).to.match(/^- .+ \(\w+\.md:\d+\)\n/);
    const server = await startChatServer(answers(firstSentence));
    try {
      const here = (withModel ?? '').replace('http://localhost:11434/v1', server.baseUrl);
      expect(await printedByShell(here)).to.match(/^- .+ \(\w+\.md:\d+\)\n/);
      expect(server.asked[0]).to.include({ model: 'llama3' });
    } finally {
      await server[Symbol.asyncDispose]();
    }
    /* The rest is how this very run was started. */
    const started = lines.filter((line) => !line.includes('npx ')).map((line) => line.split('#')[0]?.trim());
    expect(started).to.deep.equal(['npm ci && npm start', 'npm ci && npm test']);
  });
});

/** A model that claims the first sentence it is given, and has no objections. */
function firstSentence({ user: { claims, passages } }: Asked): string {
  const [passage] = passages;
  const [sentence] = passage?.sentences ?? [];
  const claim = { text: sentence?.text, file: passage?.file, line: sentence?.line, quote: sentence?.text };
  return JSON.stringify(claims === undefined ? { claims: [claim] } : { objections: [] });
}
