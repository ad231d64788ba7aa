import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { fromPromise } from 'xstate';
import { z } from 'zod';
import { ConclaveError } from '../../../lib/core/errors.js';
import { agentTable, loadAgents } from '../../../lib/host/agents-module.js';
import { square } from '../coalition/inline.js';

describe('agents module', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-agents-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function write(name: string, source: string): string {
    const path = join(folder, name);
    const define =
      "const AGENT = Symbol.for('conclave.agent');\nconst agent = (name) => ({ name, handle: () => name, [AGENT]: true });\n";
    writeFileSync(path, define + source);
    return pathToFileURL(path).href;
  }

  it('finds agents among exports and lists of them, one under two names once', async () => {
    const url = write(
      'many.mjs',
      "export const a = agent('a');\nexport const rest = [agent('b'), 5, agent('c')];\nexport default a;\nexport const other = { name: 'd' };",
    );
    expect([...(await loadAgents(url)).keys()].toSorted()).to.deep.equal(['a', 'b', 'c']);
  });

  const wrong: readonly [string, () => string, string, RegExp][] = [
    ['TypeScript', () => write('agents.ts', ''), 'AgentsNotLoaded', /is TypeScript.*compiled file.*\.js/],
    ['TypeScript with a query', () => `${write('q.mts', '')}?v=1`, 'AgentsNotLoaded', /is TypeScript/],
    [
      'what is missing',
      () => pathToFileURL(join(folder, 'none.js')).href,
      'AgentsNotLoaded',
      /does not exist.*built\?/,
    ],
    [
      'what throws',
      () => write('throws.mjs', "throw new RangeError('on load');"),
      'AgentsNotLoaded',
      /did not load: on load/,
    ],
    [
      'what does not parse',
      () => write('broken.mjs', 'export const = 1;'),
      'AgentsNotLoaded',
      /did not load: /,
    ],
    [
      'what exports none',
      () => write('none.mjs', 'export const x = 1;'),
      'AgentsNotLoaded',
      /exports no agent.*defineAgent/,
    ],
    [
      'two of one name',
      () => write('two.mjs', "export const a = agent('a');\nexport const b = agent('a');"),
      'DuplicateAgent',
      /called "a"/,
    ],
  ];
  for (const [what, make, code, message] of wrong) {
    it(`refuses ${what}`, async () => {
      const url = make();
      const error: unknown = await loadAgents(url).catch((thrown) => thrown);
      expect(error).to.be.instanceOf(ConclaveError).and.include({ code });
      expect((error as Error).message)
        .to.match(message)
        .and.contain(url);
      if (what === 'what throws') expect((error as Error).cause).to.be.instanceOf(RangeError);
    });
  }

  it('refuses an agent without a name or without its work', () => {
    const handle = () => 1;
    for (const [agent, message] of [
      [{ ...square, name: '' }, "has the name ''"],
      [{ ...square, name: undefined, handle }, 'has the name undefined'],
      [{ ...square, handle: undefined }, 'Agent "square" has nothing to do. Give it handle, '],
      [{ ...square, handle: 'n * n' }, `handle of agent "square" must be a function, not 'n * n'`],
      [
        { ...square, logic: fromPromise(async () => 1) },
        'Agent "square" has both handle and logic. Leave one',
      ],
      [
        { ...square, handle: undefined, logic: {} },
        'logic of agent "square" must be an XState logic, such as',
      ],
      [{ ...square, handle: undefined, logic: handle }, 'logic of agent "square" must be an XState logic'],
      [{ ...square, input: { n: 'number' } }, 'input of agent "square" must be a Standard Schema, as zod'],
      [{ ...square, input: null }, 'input of agent "square" must be a Standard Schema'],
    ] as const)
      expect(() => agentTable([agent], 'agents')).to.throw(ConclaveError, message);
  });

  it('takes an agent with a schema, and one that is a logic', () => {
    const checked = { ...square, name: 'checked', input: z.object({ n: z.number() }) };
    const logic = { ...square, name: 'logic', handle: undefined, logic: fromPromise(async () => 1) };
    expect([...agentTable([checked, logic], 'agents').keys()]).to.deep.equal(['checked', 'logic']);
  });

  it('takes plain objects of agents, and says whose are none', () => {
    expect([...agentTable([square, square], 'agents').keys()]).to.deep.equal(['square']);
    expect(() => agentTable([{}], 'agents')).to.throw(ConclaveError, 'agents exports no agent');
  });
});
