import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { ConclaveError } from '../../../lib/core/errors.js';
import type { TaskExtra } from '../../../lib/core/frame.js';
import { type Encoded, encode } from '../../../lib/core/value.js';
import { EffectRecords } from '../../../lib/host/effect-records.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

const settle = () => new ManualClock().settle();

/** Records of one try, whose coordinator answers only when told to. */
function bench(recorded: TaskExtra['recorded'] = [], keysMax = 3) {
  const sent: [string, Encoded][] = [];
  const abortion = new AbortController();
  const records = new EffectRecords({
    recorded,
    keysMax,
    outcomeBytesMax: 100,
    signal: abortion.signal,
    send: (key, outcome) => sent.push([key, outcome]),
  });
  return { records, sent, abortion };
}

/** What a promise has come to by now. */
async function nowOf(promise: Promise<unknown>): Promise<unknown> {
  let now: unknown = 'open';
  const note = (outcome: unknown) => {
    now = outcome;
  };
  promise.then(note, note);
  await settle();
  return now;
}

describe('effect records', () => {
  it('tell an outcome only when it is safe', async () => {
    const { records, sent } = bench();
    const outcome = records.once('mail', async () => ({ id: 7 }));
    expect(await nowOf(outcome)).to.equal('open');
    expect(sent).to.deep.equal([['mail', '{"id":7}']]);
    records.recorded('another');
    expect(await nowOf(outcome)).to.equal('open');
    records.recorded('mail');
    expect(await nowOf(outcome)).to.deep.equal({ id: 7 });
  });

  it('wait for many at once with one listener, and leave none', async () => {
    const { records, sent, abortion } = bench([], 12);
    const keys = Array.from({ length: 12 }, (_, n) => `k${n}`);
    const outcomes = keys.map((key) => records.once(key, () => null));
    await settle();
    expect(sent).to.have.length(12);
    expect(getEventListeners(abortion.signal, 'abort')).to.have.length(1);
    for (const key of keys) records.recorded(key);
    await Promise.all(outcomes);
    expect(getEventListeners(abortion.signal, 'abort')).to.have.length(0);
  });

  it('give what an earlier try recorded, and run nothing', async () => {
    const { records, sent } = bench([
      ['mail', encode({ id: 7 })],
      ['nothing', encode(undefined)],
    ]);
    const refuse = () => {
      throw new Error('run again');
    };
    expect(await nowOf(records.once('mail', refuse))).to.deep.equal({ id: 7 });
    expect(await nowOf(records.once('nothing', refuse))).to.equal(undefined);
    expect(sent).to.deep.equal([]);
  });

  it('run one effect a key, however often it is asked for', async () => {
    const keys = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    const run = async (asked: readonly string[]) => {
      const { records, sent } = bench();
      const ran: string[] = [];
      const outcomes = asked.map((key) => records.once(key, () => ran.push(key)));
      await nowOf(Promise.all(outcomes));
      for (const [key] of sent) records.recorded(key);
      const numbers = await Promise.all(outcomes);
      expect(ran.toSorted()).to.deep.equal([...new Set(asked)].toSorted());
      expect(numbers).to.deep.equal(asked.map((key) => ran.indexOf(key) + 1));
    };
    await fc.assert(fc.asyncProperty(keys, run));
  });

  it('record nothing of an effect that failed, which may then be tried again', async () => {
    const { records, sent } = bench([], 1);
    for (const effect of [
      () => {
        throw new RangeError('no post');
      },
      () => Promise.reject(new RangeError('no post')),
    ]) {
      const failed = await nowOf(records.once('mail', effect));
      expect(failed).to.be.instanceOf(RangeError);
    }
    expect(sent).to.deep.equal([]);
    for (const key of ['mail', 'parcel']) {
      const { records: other } = bench([], 1);
      await nowOf(other.once('mail', () => Promise.reject(new RangeError('no post'))));
      const outcome = other.once(key, () => 1);
      await nowOf(outcome);
      other.recorded(key);
      expect(await nowOf(outcome)).to.equal(1);
    }
  });

  it('refuse an outcome that cannot cross, naming the path', async () => {
    const { records, sent } = bench();
    const odd = await nowOf(records.once('odd', () => ({ a: [new Map()] })));
    expect(odd).to.be.instanceOf(ConclaveError).and.include({ code: 'NotSerializable' });
    expect(odd)
      .to.have.property('message')
      .that.matches(/^outcome\.a\[0\] is an instance of Map/);
    const large = await nowOf(records.once('large', () => 'x'.repeat(99)));
    expect(large).to.include({ code: 'MessageTooLarge' });
    expect(large)
      .to.have.property('message')
      .that.matches(/^The outcome is 101 bytes.* at most 100 cross/);
    const fits = records.once('fits', () => 'x'.repeat(98));
    expect(await nowOf(fits)).to.equal('open');
    expect(sent.map(([key]) => key)).to.deep.equal(['fits']);
  });

  it('hold so many keys, with those of earlier tries', async () => {
    const { records } = bench([['first', encode(1)]]);
    for (const key of ['second', 'third']) expect(await nowOf(records.once(key, () => 1))).to.equal('open');
    const refused = await nowOf(records.once('fourth', () => 1));
    expect(refused).to.be.instanceOf(ConclaveError).and.include({ code: 'InvalidOption' });
    expect(refused).to.have.property('message').that.includes('at most 3 (onceKeysMax)');
    expect(await nowOf(records.once('first', () => 2))).to.equal(1);
  });

  it('refuse a key or an effect that is none', () => {
    const { records } = bench();
    const refused = (key: unknown, effect: unknown) =>
      expect(() => records.once(key, effect))
        .to.throw(ConclaveError)
        .with.property('code', 'InvalidOption');
    for (const key of ['', 1, undefined, 'x'.repeat(257)]) refused(key, () => 1);
    for (const effect of [undefined, 5, Promise.resolve(1)]) refused('key', effect);
  });

  it('reject with the reason of an abort, but send an effect that has happened', async () => {
    const { records, sent, abortion } = bench();
    const reason = new ConclaveError('Timeout', 'time is up');
    let finish = () => {};
    const slow = records.once('slow', () => new Promise<void>((resolve) => (finish = resolve)));
    const waiting = records.once('waiting', () => 1);
    expect(await nowOf(waiting)).to.equal('open');
    abortion.abort(reason);
    expect(await nowOf(waiting)).to.equal(reason);
    expect(await nowOf(slow)).to.equal('open');
    finish();
    expect(await nowOf(slow)).to.equal(reason);
    expect(sent.map(([key]) => key)).to.deep.equal(['waiting', 'slow']);
    let ran = false;
    const late = records.once('late', () => {
      ran = true;
    });
    expect(await nowOf(late)).to.equal(reason);
    expect(ran).to.equal(false);
  });

  it('harm nobody who does not wait for them when the task is aborted', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const { records, abortion } = bench();
      void records.once('waiting', () => 1);
      await settle();
      abortion.abort(new Error('stop'));
      void records.once('late', () => 1);
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).to.deep.equal([]);
  });

  it('say nothing of an effect that ends after its task', async () => {
    const { records, sent } = bench();
    const outcome = records.once('late', () => 1);
    records.end();
    expect(await nowOf(outcome)).to.equal(1);
    expect(sent).to.deep.equal([]);
  });
});
