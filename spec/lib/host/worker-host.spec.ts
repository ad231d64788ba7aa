import { expect } from 'chai';
import { defineAgent, type QueryPayload } from '../../../lib/coalition/define.js';
import { sleep } from '../../../lib/core/clock.js';
import type { TaskBatch, WorkerFrame } from '../../../lib/core/frame.js';
import { decode, encode } from '../../../lib/core/value.js';
import { agentTable } from '../../../lib/host/agents-module.js';
import { WorkerHost } from '../../../lib/host/worker-host.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function bench(concurrency = 1) {
  const clock = new ManualClock();
  const aborted: string[] = [];
  const seen: unknown[] = [];
  const agents = [
    defineAgent({ name: 'double', handle: (n: number) => n * 2 }),
    defineAgent({
      name: 'wait',
      handle: async (ms: number, { signal }) => {
        signal.addEventListener('abort', () => aborted.push(signal.reason.message));
        await sleep(clock, ms, signal);
        signal.throwIfAborted();
      },
    }),
    defineAgent({
      name: 'look',
      handle: (_: QueryPayload, { state, epoch }) => {
        seen.push([epoch, state.results.length, state.latest('a')]);
      },
    }),
  ];
  const sent: WorkerFrame[] = [];
  const spec = {
    id: 'w',
    coalition: 'spec',
    agents: undefined,
    credit: 10,
    concurrency,
    payloadBytesMax: 2 ** 20,
    onceKeysMax: 3,
    epoch: 4,
  };
  const host = new WorkerHost({
    spec,
    agents: agentTable(agents, 'spec'),
    clock,
    send: (frame) => sent.push(frame),
  });
  let hasLeft = false;
  void host.ended.then(() => {
    hasLeft = true;
  });
  const settled = () => sent.filter((frame) => frame.type === 'settled');
  return { clock, host, sent, settled, aborted, seen, hasLeft: () => hasLeft };
}

function batch(number: number, agent: string, payloads: readonly unknown[]): TaskBatch {
  return {
    type: 'batch',
    batch: number,
    ids: payloads.map((_, at) => `t${number}.${at}`),
    agents: payloads.map(() => agent),
    attempts: payloads.map(() => 1),
    payloads: payloads.map((payload) => encode(payload)),
    extras: [],
  };
}

describe('worker host', () => {
  it('says that it is ready, and answers with what credit is left', async () => {
    const { clock, host, sent, settled } = bench();
    expect(sent).to.deep.equal([{ type: 'ready', credit: 10 }]);
    host.receive(batch(1, 'wait', [50]));
    host.receive(batch(2, 'double', [3, 4]));
    await clock.advance(60);
    const values = settled().map(({ batch, values, credit }) => [batch, values.map(decode), credit]);
    expect(values).to.deep.equal([
      [1, [undefined], 10],
      [2, [6, 8], 10],
    ]);
  });

  it('keeps a copy of the shared state for its agents', async () => {
    const { clock, host, seen } = bench();
    const results = encode([{ id: 'r', loop: 1, stage: 0, agent: 'a', value: 5 }]);
    host.receive({ type: 'state', reset: true, results });
    host.receive(batch(1, 'look', [null]));
    host.receive({ type: 'state', reset: false, results });
    host.receive(batch(2, 'look', [null]));
    host.receive({ type: 'state', reset: true, results: encode([]) });
    host.receive(batch(3, 'look', [null]));
    await clock.settle();
    expect(seen).to.deep.equal([
      [4, 1, 5],
      [4, 2, 5],
      [4, 0, undefined],
    ]);
  });

  it('finishes what it has when it drains, reports it, and leaves', async () => {
    const { clock, host, settled, hasLeft } = bench();
    host.receive(batch(1, 'wait', [30, 30]));
    await clock.advance(10);
    host.receive({ type: 'drain' });
    await clock.advance(25);
    expect(hasLeft()).to.equal(false);
    await clock.advance(40);
    expect(settled().map(({ at, credit }) => [at, credit])).to.deep.equal([
      [[0], 0],
      [[1], 0],
    ]);
    expect(hasLeft()).to.equal(true);
    expect(clock.pending).to.equal(0);
  });

  it('leaves at once when it is idle', async () => {
    for (const type of ['drain', 'stop'] as const) {
      const { clock, host, hasLeft } = bench();
      host.receive({ type });
      await clock.settle();
      expect(hasLeft()).to.equal(true);
    }
  });

  it('aborts what runs when it is stopped, and says nothing more; to be told twice changes nothing', async () => {
    const { clock, host, settled, aborted, hasLeft } = bench(2);
    host.receive(batch(1, 'wait', [500, 500, 500]));
    await clock.advance(10);
    for (const type of ['stop', 'stop', 'drain'] as const) host.receive({ type });
    await clock.advance(20);
    expect(aborted).to.deep.equal(['The worker stops.', 'The worker stops.']);
    expect(settled()).to.deep.equal([]);
    expect(hasLeft()).to.equal(true);
  });

  it('can be abandoned while it drains', async () => {
    const { clock, host, settled, hasLeft } = bench();
    host.receive(batch(1, 'wait', [500]));
    host.receive({ type: 'drain' });
    await clock.advance(10);
    host.abandon();
    await clock.advance(10);
    expect(hasLeft()).to.equal(true);
    expect(settled()).to.deep.equal([]);
  });

  it('cancels one task, and goes on with the others', async () => {
    const { clock, host, settled, aborted } = bench(2);
    host.receive(batch(1, 'wait', [40, 40]));
    await clock.advance(10);
    host.receive({ type: 'cancel', batch: 1, at: [1], reason: 'not wanted' });
    await clock.advance(60);
    expect(aborted).to.deep.equal(['not wanted']);
    expect(
      settled().flatMap(({ failures }) => failures.map(({ at, error }) => [at, error.code])),
    ).to.deep.equal([[1, 'Cancelled']]);
    expect(settled().flatMap(({ at }) => at)).to.deep.equal([0]);
  });
});
