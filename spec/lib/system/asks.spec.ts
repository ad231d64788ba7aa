import { expect } from 'chai';
import { type AnyEventObject, fromTransition, setup } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import type { ReplyTo } from '../../../lib/system/asks.js';
import { respond } from '../../../lib/system/respond.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

/** What a JavaScript program can hand over, seen by no compiler. */
type Untyped = AnyEventObject['untyped'];

const echo = setup({ types: { events: {} as { type: 'ASK'; replyTo: ReplyTo<number> } } }).createMachine({
  on: { ASK: { actions: respond(1) } },
});

describe('an ask', () => {
  it('is rejected by code where its options are wrong or left out, without being sent', async () => {
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    let asked = 0;
    const ref = system.spawn(echo, { id: 'echo' });
    ref.subscribe(() => {
      asked += 1;
    });
    const wrong: readonly Untyped[] = [
      undefined,
      null,
      {},
      { timeoutMs: Number.NaN },
      { timeoutMs: -1 },
      { timeoutMs: 'x' },
      { timeoutMs: 10, signal: {} },
    ];
    for (const options of wrong) {
      const error = await ref.ask({ type: 'ASK' }, options).catch((thrown: unknown) => thrown);
      expect(isConclaveError(error, 'InvalidOption'), String(error)).to.equal(true);
      expect(String(error)).to.match(/(timeoutMs of an ask|signal of an ask|the options of ask) must be/);
      expect(clock.pending).to.equal(0);
    }
    await clock.settle();
    expect(asked).to.equal(0);
    expect(await ref.ask({ type: 'ASK' }, { timeoutMs: Number.POSITIVE_INFINITY })).to.equal(1);
    await system.stop();
    expect(clock.pending).to.equal(0);
  });

  it('is a copy of the event with an address of its own, whatever fields the event brings along', async () => {
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const heard: AnyEventObject[] = [];
    const keeper: Untyped = system.spawn(
      fromTransition((_: null, event: AnyEventObject) => {
        heard.push(event);
        if (event.type === 'ASK') system.send(event.replyTo, { type: 'ANSWER' });
        return null;
      }, null),
    );
    const asked = JSON.parse('{"type":"ASK","replyTo":"elsewhere","__proto__":{"planted":true}}');
    expect(await keeper.ask(asked, { timeoutMs: 10 })).to.deep.equal({ type: 'ANSWER' });
    expect(asked.replyTo).to.equal('elsewhere');
    const plain = { type: 'ASK', replyTo: 'elsewhere' };
    expect(await keeper.ask(plain, { timeoutMs: 10 })).to.deep.equal({ type: 'ANSWER' });
    expect(Object.getPrototypeOf(heard[0])).to.equal(Object.prototype);
    expect(Object.keys(heard[0] ?? {})).to.have.members(['type', 'replyTo', '__proto__']);
    await system.stop();
  });

  it('times out while its actor is down, and nothing else happens in the system', async () => {
    const clock = new ManualClock();
    const system = createSystem({
      clock,
      ids: countingIds(),
      backoff: { type: 'fixed', delayMs: 1_000 },
      log: () => undefined,
    });
    const fragile = system.spawn(
      fromTransition((_: null, event: { type: 'ASK'; replyTo: ReplyTo<number> } | { type: 'FAIL' }) => {
        if (event.type === 'FAIL') throw new Error('planted');
        return null;
      }, null),
    );
    fragile.send({ type: 'FAIL' });
    await clock.settle();
    const asked = fragile.ask({ type: 'ASK' }, { timeoutMs: 10 }).catch((thrown: unknown) => thrown);
    await clock.advance(10);
    expect(isConclaveError(await asked, 'Timeout')).to.equal(true);
    await system.stop();
  });
});
