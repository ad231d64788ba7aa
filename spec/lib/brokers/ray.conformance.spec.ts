import type { Limits } from '../../../lib/core/limits.js';
import { type BrokerFactory, type BrokerUnderTest, brokerConformance } from '../../../lib/testing/index.js';
import { needService } from '../../services/needs.js';
import { sharedRay } from '../../services/ray.js';
import { ray } from '../../services/services.js';
import { RayBench } from './ray/ray-under-test.js';

/** Of the random comparison: each takes half a second. */
const SEQUENCES = 12;

function suite(
  { name, lacks }: Pick<BrokerFactory, 'name'> & { readonly lacks: NonNullable<BrokerFactory['lacks']> },
  openOn: (bench: RayBench, limits: Partial<Limits>) => Promise<BrokerUnderTest>,
): void {
  describe(`the broker '${name}', by the contract`, () => {
    let bench: RayBench;

    before(async function () {
      this.timeout(60_000);
      needService(this, ray);
      bench = new RayBench(await sharedRay(), name.replaceAll(' ', '-'), ['tasks', 'claims', 'others']);
      await bench.make();
    });

    after(async () => {
      await bench?.purge();
    });

    const factory = { name, lacks, open: (limits: Partial<Limits>) => openOn(bench, limits) };
    for (const test of brokerConformance(factory, { sequences: SEQUENCES })) {
      it(test.name, async function () {
        this.timeout(60_000);
        if (test.skipped !== undefined) this.skip();
        await test.run();
      });
    }
  });
}

suite({ name: 'ray', lacks: ['durable', 'shared'] }, (bench, limits) => bench.open(limits));
suite({ name: 'ray with a ledger', lacks: ['shared'] }, (bench, limits) => bench.openLedger(limits));
