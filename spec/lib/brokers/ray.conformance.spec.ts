import { brokerConformance } from '../../../lib/testing/index.js';
import { needService } from '../../services/needs.js';
import { sharedRay } from '../../services/ray.js';
import { ray } from '../../services/services.js';
import { RayBench } from './ray/ray-under-test.js';

const BUDGET_MS = 15_000;

describe('the Ray broker without a ledger, by the contract', () => {
  let bench: RayBench;

  before(async function () {
    this.timeout(60_000);
    needService(this, ray);
    bench = new RayBench(await sharedRay(), 'conformance', ['tasks', 'claims']);
    await bench.make();
  });

  after(async () => {
    await bench?.purge();
  });

  const factory = {
    name: 'ray',
    lacks: ['durable', 'shared'],
    open: (limits) => bench.open(limits),
  } satisfies Parameters<typeof brokerConformance>[0];

  for (const test of brokerConformance(factory, { budgetMs: BUDGET_MS })) {
    it(test.name, async function () {
      this.timeout(60_000);
      if (test.skipped !== undefined) this.skip();
      await test.run();
    });
  }
});
