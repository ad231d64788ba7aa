import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Broker } from '../../lib/brokers/contract.js';
import { openBroker } from '../../lib/brokers/open.js';
import { openRayOn } from '../../lib/brokers/ray/open.js';
import { RAY_TIMINGS } from '../../lib/brokers/ray/timings.js';
import { systemClock } from '../../lib/core/clock.js';
import { systemIds } from '../../lib/core/ids.js';
import { defaultLimits } from '../../lib/core/limits.js';
import { needService } from '../services/needs.js';
import { sharedRay } from '../services/ray.js';
import { sharedRedis, startRedis } from '../services/redis.js';
import { redisPrograms } from '../services/redis-programs.js';
import { ray } from '../services/services.js';

const adapters = { clock: systemClock, ids: systemIds, limits: defaultLimits };
const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const [, below = ''] = readme.split('\n### Brokers\n');
const rows = (below.split('\n### ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
const [head = [], ...promises] = rows;

/** What the README says of a broker, by capability. */
function told(column: string): Readonly<Record<string, string>> {
  const at = head.indexOf(column);
  return Object.fromEntries(promises.map((row) => [row[1] ?? '', row[at] ?? '']));
}

/** What a broker says of itself, in the README's words. */
async function said(broker: Broker): Promise<Readonly<Record<string, string>>> {
  const { payloadBytesMax: _, ...capabilities } = broker.capabilities;
  await broker.close({ drain: false, deadlineMs: 0 });
  const words = Object.entries(capabilities).map(([name, value]) => [name, wordOf(value)]);
  return Object.fromEntries(words);
}

function wordOf(value: string | boolean): string {
  if (typeof value === 'string') return value;
  return value ? 'yes' : 'no';
}

describe("the README's table of brokers", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'conclave-readme-'));
  after(() => rmSync(folder, { recursive: true }));
  const open = (word: string) => openBroker(word, { tenant: 'readme', durable: false, ...adapters });

  it('says of memory and of a file what they say of themselves', async () => {
    expect(await said(await open('memory'))).to.deep.equal(told('memory'));
    expect(await said(await open(`file:${join(folder, 'work.db')}`))).to.deep.equal(told('file:work.db'));
  });

  it('says of Redis what it says of itself, with an append-only file and without', async function () {
    const [program] = redisPrograms();
    if (program === undefined) this.skip();
    const { durable, ...rest } = told('redis://host');
    expect(durable).to.equal('with an append-only file');
    const shared = await sharedRedis(program);
    expect(await said(await open(shared.url))).to.deep.equal({ ...rest, durable: 'yes' });
    const forgetful = await startRedis({ program, appendonly: 'no' });
    try {
      expect(await said(await open(forgetful.url))).to.deep.equal({ ...rest, durable: 'no' });
    } finally {
      await forgetful.stop();
    }
  });

  it('says of Ray what it says of itself, with a ledger and without', async function () {
    needService(this, ray);
    const bridge = await sharedRay();
    const keeper = { get: async () => bridge, close: async () => {} };
    const place = { name: 'ray://readme', keeper, timings: RAY_TIMINGS, outlives: false };
    for (const [column, ledger] of [
      ['ray://…?ledger=work.db', join(folder, 'ray.db')],
      ['ray://…', undefined],
    ] as const) {
      const opening = { tenant: 'readme', ledger, durable: false, python: undefined, ...adapters };
      expect(await said(await openRayOn(place, opening)), column).to.deep.equal(told(column));
    }
  });
});
