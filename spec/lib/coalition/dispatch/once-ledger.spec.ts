import { expect } from 'chai';
import { OnceLedger } from '../../../../lib/coalition/dispatch/once-ledger.js';
import { encode } from '../../../../lib/core/value.js';
import { delivery } from '../fakes.js';
import { Bench, toldOf } from './dispatcher-bench.js';

const PAID = encode({ receipt: 7 });

function recordedBy(ledger: OnceLedger, seq: number): readonly string[] {
  return ledger.extrasOf([delivery(seq)]).flatMap(({ recorded }) => recorded.map(([key]) => key));
}

function record(bench: Bench, worker: string, batch: number, at: number, key: string): void {
  bench.dispatcher.record(worker, { type: 'record', batch, at, key, outcome: PAID });
}

describe('once ledger', () => {
  it('answers that an outcome is safe, and gives it to a later try, wherever that runs', async () => {
    const bench = new Bench();
    const a = bench.join('a');
    await bench.give(1, 2);
    record(bench, 'a', 1, 1, 'pay');
    expect(toldOf(a)).to.deep.equal([{ type: 'recorded', batch: 1, at: 1, key: 'pay' }]);
    await bench.settle('a', 1, [0], [1]);
    await bench.clock.advance(20);
    await bench.fetch();
    const extras = [{ at: 0, timeoutMs: null, recorded: [['pay', PAID]] }];
    expect(a.batches[1]?.extras).to.deep.equal(extras);
    await bench.die('a');
    const b = bench.join('b');
    await bench.fetch();
    expect(b.batches[0]?.extras).to.deep.equal(extras);
  });

  it('forgets a task that was answered, buried or dropped', async () => {
    for (const end of ['answer', 'bury', 'drop'] as const) {
      const bench = new Bench();
      const a = bench.join('a');
      await bench.give(1, 1);
      record(bench, 'a', 1, 0, 'pay');
      if (end === 'drop') bench.unwanted.add(1);
      const error = { name: 'InvalidPayload', code: 'InvalidPayload', message: 'no' };
      if (end === 'bury') await bench.settle('a', 1, [], [0], error);
      else await bench.settle('a', 1, [0]);
      expect(await bench.depth()).to.equal(0);
      bench.unwanted.clear();
      const again = delivery(1); // nobody gives it out again; were it so, it would have nothing
      bench.dispatcher.accept([again]);
      expect(a.batches[1]?.extras, end).to.deep.equal([]);
    }
  });

  it('says nothing for a task that is over', async () => {
    const bench = new Bench();
    const a = bench.join('a');
    await bench.give(1, 1);
    await bench.settle('a', 1, [0]);
    record(bench, 'a', 1, 0, 'pay');
    record(bench, 'nobody', 1, 0, 'pay');
    expect(toldOf(a)).to.deep.equal([]);
  });

  it('keeps the first outcome of a key, and takes no more keys than may be', () => {
    const ledger = new OnceLedger({ keysMax: 2, bytesMax: 1_000 });
    ledger.record(delivery(1), 'pay', PAID);
    ledger.record(delivery(1), 'pay', encode('another'));
    ledger.record(delivery(1), 'mail', PAID);
    expect(ledger.extrasOf([delivery(1)])[0]?.recorded).to.deep.equal([
      ['pay', PAID],
      ['mail', PAID],
    ]);
    expect(() => ledger.record(delivery(1), 'third', PAID)).to.throw('onceKeysMax');
  });

  it('gives up what recorded longest ago when it is full, never what records now', () => {
    const ledger = new OnceLedger({ keysMax: 9, bytesMax: 20 });
    for (const seq of [1, 2]) ledger.record(delivery(seq), 'k', encode('12345')); // 8 bytes each
    ledger.record(delivery(1), 'j', encode('')); // 3 more, and 1 is the latest
    expect(ledger.size).to.equal(2);
    ledger.record(delivery(3), 'k', encode('1')); // 4 more: too much
    expect([1, 2, 3].map((seq) => recordedBy(ledger, seq))).to.deep.equal([['k', 'j'], [], ['k']]);
    ledger.record(delivery(4), 'k', encode('x'.repeat(50)));
    expect([1, 3, 4].map((seq) => recordedBy(ledger, seq))).to.deep.equal([[], [], ['k']]);
    ledger.forget(delivery(4));
    expect(ledger.size).to.equal(0);
    ledger.record(delivery(5), 'k', encode('12345'));
    ledger.record(delivery(6), 'k', encode('12345'));
    expect(ledger.size, 'what was forgotten takes no room').to.equal(2);
  });
});
