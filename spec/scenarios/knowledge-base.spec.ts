import { join } from 'node:path';
import { expect } from 'chai';
import { createCoalition } from '../../lib/coalition/create-coalition.js';
import { runConclave, startModule } from '../lib/cli/spawn-command.js';
import { withFolder } from './coalitions.js';

const AGENTS = 3;
const LOOPS = 4;
const CLAIMS = 5;
const TOTAL = AGENTS * LOOPS * CLAIMS;

const agents = new URL('../../lib/cli/coordinate-agents.js', import.meta.url);
agents.search = new URLSearchParams({
  agents: String(AGENTS),
  claims: String(CLAIMS),
  jitterMs: '8',
  seed: '11',
}).toString();
const reader = new URL('../lib/storage/other-process.js', import.meta.url);

describe('agents in processes, their claims in a file', function () {
  this.timeout(60_000);

  it('are read by a second process while the first writes, each once and in order', () =>
    withFolder(async (folder) => {
      const path = join(folder, 'claims.db');
      const store = `file:${path}`;
      const coalition = await createCoalition({ agents, isolation: 'process', workers: 2, store });
      const reading = startModule(reader, ['read', path, String(TOTAL)]);
      let isOver = false;
      let sawWhileWriting = false;
      const watching = reading.said('stdout', '#1').then(() => {
        sawWhileWriting = !isOver;
      });
      await reading.said('stdout', 'ready');
      const report = await coalition.runQuery(null, { loops: LOOPS });
      isOver = true;
      expect(report.failures).to.deep.equal([]);
      expect(report.results).to.have.lengthOf(AGENTS * LOOPS);
      const written = await coalition.claims.read();
      await coalition.shutdown();
      await watching;

      const { stdout } = await reading.ended;
      const ids = stdout.trimEnd().split('\n').slice(1);
      expect(sawWhileWriting).to.equal(true);
      expect(ids).to.deep.equal(written.map(({ id }) => id));
      expect(new Set(ids).size).to.equal(TOTAL);

      const places = written.map(({ agent, loop, text }) => [loop, agent, Number(text.split(' ').at(-1))]);
      expect(places.map(([loop]) => loop)).to.deep.equal([...places.map(([loop]) => loop)].sort());
      for (let loop = 1; loop <= LOOPS; loop += 1) {
        for (let agent = 1; agent <= AGENTS; agent += 1) {
          const made = places.filter(([l, a]) => l === loop && a === `agent-${agent}`).map(([, , n]) => n);
          expect(made).to.deep.equal([1, 2, 3, 4, 5]);
        }
      }

      const after = await runConclave('claims', '--store', store, '--json');
      const found: { claims: { id: string }[] } = JSON.parse(after.stdout);
      expect(found.claims.map(({ id }) => id)).to.deep.equal(ids);
    }));
});
