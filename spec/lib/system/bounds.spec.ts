import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { type AnyEventObject, fromTransition } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import type { ReplyTo } from '../../../lib/system/asks.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes that stay, once all that can go has gone. */
function heapBytes(): number {
  for (let time = 0; time < 3; time += 1) collect();
  return process.memoryUsage().heapUsed;
}

/** What a spec's own noise may come to; each leak below would be several times as much. */
const NOISE_BYTES = 1_000_000;

async function grownBytes(times: number, work: (times: number) => Promise<void>): Promise<number> {
  await work(1_000);
  const before = heapBytes();
  await work(times);
  return heapBytes() - before;
}

type Asked = { type: 'ASK'; replyTo: ReplyTo<number> };

const answer = (value: number): AnyEventObject => ({ type: 'conclave.reply', value });
const job = (sent: number): AnyEventObject => ({ type: 'JOB', sent });

function world(deadLettersMax = 100) {
  const clock = new ManualClock();
  const system = createSystem({ clock, ids: countingIds(), deadLettersMax, log: () => undefined });
  return { clock, system };
}

describe('what a system keeps', () => {
  it('is bounded, however many sends are refused or reach nobody', async () => {
    const { clock, system } = world();
    const idle = system.spawn(
      fromTransition((state: null) => state, null),
      { mailboxCapacity: 10 },
    );
    const grown = await grownBytes(20_000, async (times) => {
      for (let sent = 0; sent < times; sent += 1) {
        idle.send(job(sent));
        system.send('nobody', job(sent));
        system.send(`reply:system-1:0.${sent}.0`, job(sent));
      }
      await clock.settle();
    });
    expect(grown).to.be.below(NOISE_BYTES);
    expect(system.deadLetters()).to.have.length(100);
    await system.stop();
  });

  it('forgets asks that end without an answer: by time, by signal, refused, or with their actor', async () => {
    const { clock, system } = world();
    const mute = fromTransition((state: null, _: Asked) => state, null);
    const codes = new Map<unknown, number>();
    const count = (promise: Promise<unknown>) =>
      promise.catch((error: unknown) => {
        const code = isConclaveError(error) ? error.code : error;
        codes.set(code, (codes.get(code) ?? 0) + 1);
      });
    const never = new AbortController();
    const grown = await grownBytes(3_000, async (times) => {
      const actor = system.spawn(mute, { mailboxCapacity: times / 2 });
      const aborted = new AbortController();
      for (let asked = 0; asked < times / 2; asked += 1) {
        const signal = [undefined, aborted.signal, never.signal][asked % 3];
        void count(actor.ask({ type: 'ASK' }, { timeoutMs: 1 + (asked % 50), ...(signal && { signal }) }));
      }
      aborted.abort();
      await clock.settle();
      for (let asked = 0; asked < times; asked += 1)
        void count(actor.ask({ type: 'ASK' }, { timeoutMs: 90 }));
      const stopped = actor.stop();
      await clock.settle();
      await stopped;
      for (let asked = 0; asked < times; asked += 1)
        void count(actor.ask({ type: 'ASK' }, { timeoutMs: 90 }));
      await clock.advance(90);
      expect(clock.pending).to.equal(0);
    });
    expect(grown).to.be.below(NOISE_BYTES);
    expect([...codes.keys()].sort()).to.deep.equal(['ActorStopped', 'Cancelled', 'MailboxFull', 'Timeout']);
    await system.stop();
  });

  it('shrinks again after a burst: mailboxes, and the table of asks', async () => {
    const { clock, system } = world();
    const echo = fromTransition((state: null, event: Asked) => {
      if (event.type === 'ASK') system.send(event.replyTo, answer(1));
      return state;
    }, null);
    const actors = Array.from({ length: 6 }, () => system.spawn(echo, { mailboxCapacity: 20_000 }));
    const burst = async (size: number) => {
      const answers: Promise<number>[] = [];
      for (const actor of actors)
        for (let sent = 0; sent < size; sent += 1) {
          if (sent % 100 === 0) answers.push(actor.ask({ type: 'ASK' }, { timeoutMs: 1_000 }));
          else actor.send({ type: 'NOISE' } as never);
        }
      await clock.settle();
      expect(new Set(await Promise.all(answers))).to.deep.equal(new Set([1]));
    };
    await burst(10);
    const before = heapBytes();
    await burst(10_000);
    // What a mailbox keeps for its next burst goes with a few quiet ones.
    for (let quiet = 0; quiet < 100; quiet += 1) await burst(1);
    expect(heapBytes() - before).to.be.below(NOISE_BYTES);
    await system.stop();
  });

  it('counts late and repeated answers as dead letters, of asks whose place another has taken too', async () => {
    const { clock, system } = world();
    const addresses: string[] = [];
    const keeper = system.spawn(
      fromTransition((state: null, event: Asked) => {
        if (event.type === 'ASK') addresses.push(event.replyTo);
        return state;
      }, null),
    );
    const answered: unknown[] = [];
    for (let asked = 0; asked < 2_500; asked += 1) {
      const asking = keeper.ask({ type: 'ASK' }, { timeoutMs: 10 });
      await clock.settle();
      const address = addresses.at(-1) ?? '';
      // As text that has been elsewhere: not the very one that was given out.
      const send = (value: number) =>
        system.send(asked % 2 === 0 ? address : Buffer.from(address).toString(), answer(value));
      expect(send(asked)).to.equal(true);
      expect(send(-1)).to.equal(false);
      answered.push(await asking);
      if (asked >= 2) expect(system.send(addresses[asked - 2] ?? '', { type: 'late' })).to.equal(false);
    }
    expect(answered).to.deep.equal(answered.map((_, at) => at));
    expect(new Set(addresses).size).to.equal(2_500);
    expect(new Set(system.deadLetters().map(({ reason }) => reason))).to.deep.equal(new Set(['unasked']));
    await system.stop();
  });
});
