import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Delivery, ReceiveRequest } from '../../../../lib/brokers/contract.js';
import { type BridgeKeeper, RestartedBridge } from '../../../../lib/brokers/ray/bridge-keeper.js';
import { openRayOn } from '../../../../lib/brokers/ray/open.js';
import type { RayFront } from '../../../../lib/brokers/ray/ray-front.js';
import { RAY_TIMINGS, type RayTimings } from '../../../../lib/brokers/ray/timings.js';
import { systemClock } from '../../../../lib/core/clock.js';
import { isConclaveError } from '../../../../lib/core/errors.js';
import { systemIds } from '../../../../lib/core/ids.js';
import { parseLimits } from '../../../../lib/core/limits.js';
import { testEnvelopes } from '../../../../lib/testing/envelopes.js';
import { holdsWithin, killHard } from '../../../scenarios/processes.js';
import { needService } from '../../../services/needs.js';
import { joinSharedRay, queueActors, sharedRay } from '../../../services/ray.js';
import { ray } from '../../../services/services.js';
import { crashedCopy } from '../file/crashed-copy.js';
import { namesInRay, settled } from './ray-under-test.js';

const QUEUE = 'tasks';
const CALL_MS = 20_000;
const LOST = "lost with the Ray queue's actor; no ledger";

let tenants = 0;

/** A tenant of its own for each spec. */
function newTenant(): string {
  tenants += 1;
  return `faults-${process.pid}-${tenants}`;
}

function request(fields: Partial<ReceiveRequest> = {}): ReceiveRequest {
  return { consumer: 'ada', max: 100, waitMs: 2_000, leaseMs: 60_000, ...fields };
}

function seqsOf(deliveries: readonly Delivery[]): number[] {
  return deliveries.map(({ envelope }) => envelope.seq);
}

/** The code of what a promise is rejected with; undefined if it is kept. */
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error) => (isConclaveError(error) ? error.code : error),
  );
}

/** The bridge that all suites share, for brokers that need none of their own. */
const shared: BridgeKeeper = { get: sharedRay, close: async () => {} };

describe('the Ray broker under faults', function () {
  this.timeout(60_000);

  let tenant: string;
  let folder: string;
  let broker: RayFront;
  const opened: RayFront[] = [];

  before(async function () {
    needService(this, ray);
    await sharedRay();
  });

  beforeEach(async () => {
    tenant = newTenant();
    folder = await mkdtemp(join(tmpdir(), 'conclave-ray-faults-'));
  });

  afterEach(async () => {
    for (const each of opened.splice(0)) await each.close({ drain: false, deadlineMs: 0 });
    await killActor();
    await rm(folder, { recursive: true });
  });

  async function open(
    fields: { timings?: Partial<RayTimings>; keeper?: BridgeKeeper; ledger?: string } = {},
  ): Promise<RayFront> {
    const { timings = {}, keeper = shared, ledger } = fields;
    const front = await openRayOn(
      { name: 'ray://spec', keeper, timings: { ...RAY_TIMINGS, ...timings }, outlives: true },
      {
        tenant,
        ledger,
        durable: ledger !== undefined,
        python: undefined,
        clock: systemClock,
        ids: systemIds,
        limits: parseLimits({ payloadBytesMax: 1_000 }),
      },
    );
    opened.push(front);
    return front;
  }

  async function killActor(): Promise<void> {
    const queues = namesInRay(tenant, [QUEUE]);
    await (await sharedRay()).call({ op: 'queue.purge', head: { queues }, deadlineMs: CALL_MS });
  }

  async function lostSeqs(): Promise<number[]> {
    const letters = await broker.deadLetters(QUEUE);
    expect(letters.every(({ reason }) => reason === LOST)).to.equal(true);
    return letters.map(({ envelope }) => envelope.seq);
  }

  it('says at-most-once, and that nothing is durable', async () => {
    broker = await open();
    const { delivery, durable, shared: isShared } = broker.capabilities;
    expect([delivery, durable, isShared]).to.deep.equal(['at-most-once', false, false]);
    expect(broker.warnings.join()).to.include('no ledger');
  });

  it('makes dead letters of what was in a queue whose actor died, says so once, and goes on', async () => {
    broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 20));
    const held = await broker.receive(QUEUE, request({ max: 1 }));
    await settled(broker); // some have been brought ahead, and are safe
    await killActor();
    expect(await codeOf(broker.publish(QUEUE, testEnvelopes(21, 21)))).to.equal('BrokerUnavailable');
    const lost = await lostSeqs();
    expect(lost.length).to.be.above(5);
    expect(await codeOf(broker.receive(QUEUE, request()))).to.equal('BrokerUnavailable');
    expect(await broker.ack(QUEUE, held)).to.deep.equal(['ok']);
    await again(() => broker.publish(QUEUE, testEnvelopes(22, 22)));
    const got = await again(() => broker.receive(QUEUE, request()));
    const all = testEnvelopes(2, 22).map(({ seq }) => seq);
    expect([...seqsOf(got), ...lost].sort((left, right) => left - right)).to.deep.equal(all);
  });

  it('notices while idle that the actor died', async () => {
    broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    await killActor();
    await until(async () => (await lostSeqs()).length === 3);
    expect(await codeOf(broker.receive(QUEUE, request({ waitMs: 0 })))).to.equal('BrokerUnavailable');
    expect(await again(() => broker.receive(QUEUE, request({ waitMs: 0 })))).to.deep.equal([]);
  });

  it('gives up a queue whose actor is stopped, and makes another', async () => {
    const before = queueActors();
    broker = await open({ timings: { callMs: 1_000, pingMs: 100 } });
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    const [actor] = queueActors().filter((pid) => !before.includes(pid));
    process.kill(Number(actor), 'SIGSTOP');
    try {
      expect(await codeOf(broker.receive(QUEUE, request()))).to.equal('BrokerUnavailable');
      expect(await lostSeqs()).to.deep.equal([1, 2, 3]);
      await again(() => broker.publish(QUEUE, testEnvelopes(4, 4)));
      expect(seqsOf(await again(() => broker.receive(QUEUE, request())))).to.deep.equal([4]);
    } finally {
      killHard(Number(actor));
    }
  });

  it('loses nothing that the queue still has when the bridge is killed', async () => {
    const keeper = new RestartedBridge(joinSharedRay);
    broker = await open({ keeper });
    await broker.publish(QUEUE, testEnvelopes(1, 5));
    const bridge = await keeper.get();
    killHard(Number(bridge.pid));
    await bridge.ended;
    expect(await codeOf(broker.publish(QUEUE, testEnvelopes(6, 6)))).to.equal('BrokerUnavailable');
    await again(() => broker.publish(QUEUE, testEnvelopes(7, 7)));
    const got = await again(() => broker.receive(QUEUE, request()));
    expect([...seqsOf(got), ...(await lostSeqs())]).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
  });

  it('refuses one byte too many before it reaches Ray, and stays usable', async () => {
    broker = await open();
    const [envelope] = testEnvelopes(1, 1, { payload: JSON.stringify('x'.repeat(999)) as never });
    expect(await broker.publish(QUEUE, envelope === undefined ? [] : [envelope])).to.deep.equal([
      'too-large',
    ]);
    expect(await broker.publish(QUEUE, testEnvelopes(2, 2))).to.deep.equal(['accepted']);
    expect(seqsOf(await broker.receive(QUEUE, request()))).to.deep.equal([2]);
  });

  it('takes over what an earlier owner left in the queue, and what is no message as a dead letter', async () => {
    broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 3, { orderingKey: 'k' }));
    await broker.close({ drain: false, deadlineMs: 0 });
    const [queue] = namesInRay(tenant, [QUEUE]);
    const bridge = await sharedRay();
    await bridge.call({
      op: 'queue.open',
      head: { queue, depthMax: 0, replace: false },
      deadlineMs: CALL_MS,
    });
    await bridge.call({ op: 'queue.put', head: { queue }, parts: [Buffer.from('x')], deadlineMs: CALL_MS });
    broker = await open();
    const [first] = await broker.receive(QUEUE, request());
    expect([first?.envelope.seq, first?.envelope.orderingKey]).to.deep.equal([1, 'k']);
    expect(await broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 2, inFlight: 1 });
    const letters = await broker.deadLetters(QUEUE);
    expect(letters.map(({ reason }) => reason)).to.deep.equal(['malformed: not put by this package']);
  });

  it('has everything brought where an urgent message may be the last', async () => {
    broker = await open();
    await broker.publish(QUEUE, testEnvelopes(1, 50));
    await broker.publish(QUEUE, testEnvelopes(51, 51, { priority: 9 }));
    expect(seqsOf(await broker.receive(QUEUE, request({ max: 1 })))).to.deep.equal([51]);
    expect(seqsOf(await broker.receive(QUEUE, request({ max: 2 })))).to.deep.equal([1, 2]);
  });

  it('removes the queue from the cluster at a purge', async () => {
    broker = await open();
    const before = queueActors();
    await broker.publish(QUEUE, testEnvelopes(1, 3));
    const made = queueActors().filter((pid) => !before.includes(pid));
    expect(made.length).to.equal(1);
    await broker.purge([QUEUE]);
    expect(await holdsWithin(5_000, () => !queueActors().some((pid) => made.includes(pid)))).to.equal(true);
    expect(await broker.receive(QUEUE, request({ waitMs: 0 }))).to.deep.equal([]);
  });

  describe('with a ledger', () => {
    it('says at-least-once, and that it is durable', async () => {
      broker = await open({ ledger: join(folder, 'work.db') });
      const { delivery, durable, shared: isShared } = broker.capabilities;
      expect([delivery, durable, isShared]).to.deep.equal(['at-least-once', true, false]);
    });

    it('puts again what was in a queue whose actor died: nothing is lost, nothing comes twice', async () => {
      broker = await open({ ledger: join(folder, 'work.db') });
      await broker.publish(QUEUE, testEnvelopes(1, 20));
      const first = await broker.receive(QUEUE, request({ max: 1 }));
      await settled(broker);
      await killActor();
      expect(await broker.publish(QUEUE, testEnvelopes(21, 22))).to.deep.equal(['accepted', 'accepted']);
      const got = [...first];
      while (got.length < 22) got.push(...(await again(() => broker.receive(QUEUE, request()))));
      expect(seqsOf(got)).to.deep.equal(testEnvelopes(1, 22).map(({ seq }) => seq));
      expect(await broker.ack(QUEUE, got)).to.deep.equal(got.map(() => 'ok'));
      expect(await broker.deadLetters(QUEUE)).to.deep.equal([]);
    });

    it('puts again what was under way when the bridge was killed', async () => {
      const keeper = new RestartedBridge(joinSharedRay);
      broker = await open({ keeper, ledger: join(folder, 'work.db') });
      await broker.publish(QUEUE, testEnvelopes(1, 300));
      const got = [...(await broker.receive(QUEUE, request({ max: 10 })))];
      killHard(Number((await keeper.get()).pid));
      while (got.length < 300) got.push(...(await again(() => broker.receive(QUEUE, request()))));
      expect(seqsOf(got)).to.deep.equal(testEnvelopes(1, 300).map(({ seq }) => seq));
    });

    it('gives out what it kept, once each, when its owner died and the queue in the cluster is still full', async () => {
      broker = await open({ ledger: join(folder, 'work.db') });
      await broker.publish(QUEUE, testEnvelopes(1, 50));
      await broker.ack(QUEUE, await broker.receive(QUEUE, request({ max: 1 })));
      await settled(broker);
      const ledger = crashedCopy(join(folder, 'work.db'), 'crashed');
      broker = await open({ ledger });
      const got: Delivery[] = [];
      while (got.length < 49) got.push(...(await broker.receive(QUEUE, request())));
      expect(seqsOf(got)).to.deep.equal(testEnvelopes(2, 50).map(({ seq }) => seq));
      expect(await broker.receive(QUEUE, request({ waitMs: 200 }))).to.deep.equal([]);
    });
  });
});

/** Asks again while the broker says that it is unavailable, for as long as a queue may take to be made. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + CALL_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isConclaveError(error, 'BrokerUnavailable') || performance.now() > endMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + CALL_MS;
  while (!(await look())) {
    if (performance.now() > endMs) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
