import { expect } from 'chai';
import { setup } from 'xstate';
import { defineAgent, type QueryPayload } from '../../../lib/coalition/define.js';
import { sleep } from '../../../lib/core/clock.js';
import { encodeColumns } from '../../../lib/core/columns.js';
import type { TaskBatch, WorkerFrame } from '../../../lib/core/frame.js';
import { decode, encode } from '../../../lib/core/value.js';
import { agentTable } from '../../../lib/host/agents-module.js';
import { WorkerHost, type WorkerHostOptions } from '../../../lib/host/worker-host.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

/** Waits for as long as its input says. */
const waitChart = setup({
  types: { context: {} as { ms: number }, input: {} as number, output: {} as { waitedMs: number } },
  delays: {
    wait: ({ context }) => {
      if (context.ms < 0) throw new RangeError(`cannot wait for ${context.ms} ms`);
      return context.ms;
    },
  },
}).createMachine({
  context: ({ input }) => ({ ms: input }),
  initial: 'waiting',
  states: { waiting: { after: { wait: 'over' } }, over: { type: 'final' } },
  output: ({ context }) => ({ waitedMs: context.ms }),
});

function bench(concurrency = 1, more: Pick<WorkerHostOptions, 'sent'> = {}) {
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
    defineAgent({ name: 'buy', handle: (n: number, { once }) => once('order', () => ({ order: n })) }),
    defineAgent({ name: 'chart', logic: waitChart }),
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
    ...more,
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

  it('answers a recall with what had not begun and the credit that is free then', async () => {
    const { clock, host, sent, settled } = bench();
    host.receive(batch(1, 'wait', [40, 40, 40]));
    host.receive(batch(2, 'double', [3, 4]));
    host.receive({ type: 'recall', batch: 1, at: [0, 1] });
    host.receive({ type: 'recall', batch: 2, at: [0, 1] });
    host.receive({ type: 'recall', batch: 9, at: [0] });
    await clock.advance(10);
    expect(sent.filter(({ type }) => type === 'returned')).to.deep.equal([
      { type: 'returned', batch: 1, at: [1], credit: 6 },
      { type: 'returned', batch: 2, at: [0, 1], credit: 8 },
      { type: 'returned', batch: 9, at: [], credit: 8 },
    ]);
    await clock.advance(100);
    expect(settled().map(({ batch, at, credit }) => [batch, at, credit])).to.deep.equal([
      [1, [0], 9],
      [1, [2], 10],
    ]);
    host.receive({ type: 'recall', batch: 1, at: [2] });
    await clock.settle();
    expect(sent.at(-1)).to.deep.equal({ type: 'returned', batch: 1, at: [], credit: 10 });
  });

  it('leaves when what it drains is recalled', async () => {
    const { clock, host, sent, hasLeft } = bench();
    host.receive(batch(1, 'wait', [40, 40]));
    host.receive({ type: 'drain' });
    host.receive({ type: 'recall', batch: 1, at: [1] });
    await clock.advance(45);
    expect(sent.map(({ type }) => type)).to.deep.equal(['ready', 'returned', 'settled']);
    expect(hasLeft()).to.equal(true);
  });

  it('runs a logic for each task, to its final state', async () => {
    const { clock, host, settled } = bench(2);
    host.receive(batch(1, 'chart', [5, -1]));
    await clock.advance(30);
    const values = settled().flatMap((frame) => frame.values);
    const failures = settled().flatMap((frame) => frame.failures);
    expect(values.map(decode)).to.deep.equal([{ waitedMs: 5 }]);
    expect(failures.map(({ at, error }) => [at, error.name, error.message])).to.deep.equal([
      [1, 'RangeError', 'cannot wait for -1 ms'],
    ]);
    host.receive({ type: 'drain' });
    await clock.settle();
    expect(clock.pending).to.equal(0);
  });

  it('stops a logic with its worker, and leaves no timer', async () => {
    for (const leave of ['stop', 'abandon'] as const) {
      const { clock, host, settled, hasLeft } = bench();
      host.receive(batch(1, 'chart', [100_000]));
      await clock.advance(10);
      if (leave === 'stop') host.receive({ type: 'stop' });
      else host.abandon();
      await clock.advance(10);
      expect(hasLeft()).to.equal(true);
      expect(settled()).to.deep.equal([]);
      expect(clock.pending).to.equal(0);
    }
  });

  it('says when the time of a task begins, waits until that has left, and tells its outcome', async () => {
    let leave: (() => void) | undefined;
    const { clock, host, sent, settled } = bench(1, {
      sent: () =>
        new Promise((resolve) => {
          leave = resolve;
        }),
    });
    const limited = batch(1, 'double', [4]);
    host.receive({ ...limited, extras: [{ at: 0, timeoutMs: 50, recorded: [] }] });
    await clock.settle();
    expect(sent.at(-1)).to.deep.equal({ type: 'began', batch: 1, at: 0 });
    expect(settled()).to.deep.equal([]);
    leave?.();
    await clock.settle();
    expect(settled().flatMap(({ values }) => values)).to.deep.equal(['8']);
  });

  it('records the outcome of an effect before its handler hears of it', async () => {
    const { clock, host, sent, settled } = bench();
    host.receive(batch(1, 'buy', [7]));
    await clock.settle();
    expect(sent.at(-1)).to.deep.equal({
      type: 'record',
      batch: 1,
      at: 0,
      key: 'order',
      outcome: '{"order":7}',
    });
    host.receive({ type: 'recorded', batch: 1, at: 0, key: 'order' });
    await clock.settle();
    expect(settled().flatMap(({ values }) => values)).to.deep.equal(['{"order":7}']);
  });

  describe('with chunks', () => {
    const chunk = (
      number: number,
      agent: string,
      payloads: readonly unknown[],
      skip: readonly number[] = [],
    ) => ({
      type: 'chunk' as const,
      batch: number,
      agent,
      producer: 'p',
      firstSeq: 1,
      count: payloads.length,
      skip,
      payloads: encodeColumns(payloads),
      extras: [],
    });

    it('tells how long it took for one of them', async () => {
      const { clock, host, sent } = bench(2);
      await clock.advance(1_000);
      host.receive(chunk(1, 'wait', [40, 20]));
      await clock.advance(60);
      expect(
        sent
          .filter(({ type }) => type === 'chunkSettled')
          .map((frame) => 'serviceMs' in frame && frame.serviceMs),
      ).to.deep.equal([20, 20]);
      host.receive(chunk(2, 'wait', [10]));
      await clock.advance(10);
      expect(sent.at(-1)).to.include({ batch: 2, serviceMs: 10 });
    });

    it('settles them as such, counts their tasks against its credit, and leaves once drained', async () => {
      const { clock, host, sent, hasLeft } = bench(2);
      host.receive(chunk(1, 'double', [1, 2, 3]));
      await clock.settle();
      const nothing = { failures: [], claims: [] };
      expect(sent.at(-1)).to.deep.equal({
        ...{ type: 'chunkSettled', batch: 1, spans: [[0, 3]], values: '[2,4,6]' },
        ...{ ...nothing, serviceMs: 0, credit: 10 },
      });
      host.receive(chunk(2, 'wait', [30, 60, 5, 5], [2]));
      host.receive(chunk(3, 'double', [7], [0]));
      host.receive({ type: 'recall', batch: 2, at: [2, 3] });
      await clock.settle();
      expect(sent.at(-1)).to.deep.equal({ type: 'returned', batch: 2, at: [3], credit: 8 });
      host.receive({ type: 'drain' });
      await clock.advance(50);
      expect(hasLeft()).to.equal(false);
      await clock.advance(50);
      expect(hasLeft()).to.equal(true);
      const settled = sent.flatMap((frame) => (frame.type === 'chunkSettled' ? [frame] : []));
      expect(settled.map(({ batch, spans, credit }) => [batch, spans, credit])).to.deep.equal([
        [1, [[0, 3]], 10],
        [2, [[0, 1]], 0],
        [2, [[1, 1]], 0],
      ]);
      expect(clock.pending).to.equal(0);
    });

    it('cancels, records and tells of their tasks by position', async () => {
      const { clock, host, sent, aborted } = bench();
      const limited = { ...chunk(1, 'wait', [500, 500]), extras: [{ at: 0, timeoutMs: 900, recorded: [] }] };
      host.receive(limited);
      await clock.settle();
      expect(sent.at(-1)).to.deep.equal({ type: 'began', batch: 1, at: 0 });
      host.receive({ type: 'cancel', batch: 1, at: [0, 1], reason: 'not wanted' });
      await clock.advance(20);
      expect(aborted).to.deep.equal(['not wanted']);
      const failures = sent.flatMap((frame) => (frame.type === 'chunkSettled' ? frame.failures : []));
      expect(failures.map(({ at, error }) => [at, error.code])).to.deep.equal([
        [0, 'Cancelled'],
        [1, 'Cancelled'],
      ]);
      host.receive(chunk(2, 'buy', [7]));
      await clock.settle();
      expect(sent.at(-1)).to.deep.include({ type: 'record', batch: 2, at: 0, key: 'order' });
      host.receive({ type: 'recorded', batch: 2, at: 0, key: 'order' });
      await clock.settle();
      expect(sent.at(-1)).to.deep.include({
        type: 'chunkSettled',
        batch: 2,
        values: encodeColumns([{ order: 7 }]),
      });
    });

    it('takes none where nothing of it is to be run', async () => {
      const { clock, host, sent, hasLeft } = bench();
      host.receive(chunk(1, 'double', [1, 2], [0, 1]));
      host.receive({ type: 'drain' });
      await clock.advance(10);
      expect([sent.length, hasLeft()]).to.deep.equal([1, true]);
    });

    it('abandons them without a word', async () => {
      const { clock, host, sent, hasLeft } = bench();
      host.receive(chunk(1, 'wait', [100, 100]));
      host.abandon();
      await clock.advance(600);
      expect(hasLeft()).to.equal(true);
      expect(sent).to.deep.equal([{ type: 'ready', credit: 10 }]);
    });
  });
});
