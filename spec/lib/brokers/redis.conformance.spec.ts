import { expect } from 'chai';
import { brokerConformance } from '../../../lib/testing/index.js';
import { describeOnRedis } from '../../services/redis-programs.js';
import { redisFactory } from './redis/redis-factory.js';

/* A sequence costs a good hundred round trips; more of them by the environment, where there is time. */
const sequences = Number(process.env.CONCLAVE_SEQUENCES ?? 60);

describeOnRedis('the Redis broker, by the contract', (program) => {
  for (const test of brokerConformance(redisFactory(program), { sequences })) {
    it(test.name, async function () {
      this.timeout(60_000 + sequences * 500);
      expect(test.skipped, 'Redis lacks nothing').to.equal(undefined);
      await test.run();
    });
  }
});
