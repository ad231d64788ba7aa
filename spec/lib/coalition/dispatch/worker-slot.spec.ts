import { expect } from 'chai';
import { WorkerSlot } from '../../../../lib/coalition/dispatch/worker-slot.js';
import { delivery, FakeLink } from '../fakes.js';

describe('worker slot', () => {
  it('sends a batch in columns, and takes each task out of it once', () => {
    const link = new FakeLink();
    const slot = new WorkerSlot('w', link, 256, 1);
    slot.send([delivery(1), delivery(2, { failures: 1, crashes: 2 })], 0);
    slot.send([delivery(3)], 0);
    expect(link.batches[0]).to.deep.include({
      batch: 1,
      ids: ['producer:1', 'producer:2'],
      agents: ['agent', 'agent'],
      attempts: [1, 4],
      payloads: ['1', '2'],
    });
    expect(slot).to.include({ inFlight: 3, held: 3 });
    expect(slot.take(1, 1)?.seq).to.equal(2);
    expect(slot.take(1, 1)).to.equal(undefined);
    expect(slot.take(1, 7)).to.equal(undefined);
    expect(slot.take(9, 0)).to.equal(undefined);
    expect(slot.unsettled().map(({ seq }) => seq)).to.deep.equal([1, 3]);
    expect(slot.take(1, 0)?.seq).to.equal(1);
    expect(slot.take(1, 0)).to.equal(undefined);
    expect(slot.inFlight).to.equal(1);
  });

  it('counts what waits in its line as held', () => {
    const slot = new WorkerSlot('w', new FakeLink(), 256, 1);
    slot.enqueue(delivery(1));
    slot.send([delivery(2)], 0);
    expect(slot).to.include({ inFlight: 1, held: 2 });
  });

  it('measures from when it fell busy, and not while it was idle', () => {
    const slot = new WorkerSlot('w', new FakeLink(), 256, 1);
    expect(slot.window).to.equal(2);
    slot.send([delivery(1), delivery(2)], 1_000);
    slot.take(1, 0);
    slot.take(1, 1);
    slot.measure(2, 1_004); // 2 ms each
    expect(slot.window).to.equal(10);
    slot.send([delivery(3)], 9_000);
    slot.take(2, 0);
    slot.measure(1, 9_002);
    slot.measure(0, 50_000);
    expect(slot.window).to.equal(10);
  });

  it('takes the frames of one report together, however many batches they are of', () => {
    const slot = new WorkerSlot('w', new FakeLink(), 256, 4);
    for (const seq of [1, 2, 3, 4, 5, 6]) slot.send([delivery(seq)], 0);
    slot.measure(1, 5);
    slot.measure(1, 5);
    slot.measure(2, 5.1); // 4 tasks in 5 ms
    expect(slot.window).to.equal(16);
    slot.measure(1, 10.1);
    slot.measure(1, 10.1);
    expect(slot.window).to.be.within(8, 16);
  });
});
