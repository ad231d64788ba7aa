import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { type AnyEventObject, fromTransition } from 'xstate';
import { isConclaveError } from '../../../lib/core/errors.js';
import { countingIds } from '../../../lib/core/ids.js';
import type { ReplyTo } from '../../../lib/system/asks.js';
import { type ActorSystem, createSystem } from '../../../lib/system/system.js';
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
type Noise = { type: 'NOISE'; payload: readonly number[] };

const answer = (value: number): AnyEventObject => ({ type: 'conclave.reply', value });
const job = (sent: number): AnyEventObject => ({ type: 'JOB', sent });

/** An event that answers nothing, of about so many bytes. */
const noise = (bytes: number): Noise => ({ type: 'NOISE', payload: new Array(bytes / 8).fill(0) });

function world(deadLettersMax = 100) {
  const clock = new ManualClock();
  const system = createSystem({ clock, ids: countingIds(), deadLettersMax, log: () => undefined });
  return { clock, system };
}

function echoIn(system: ActorSystem) {
  return fromTransition((state: null, event: Asked | Noise) => {
    if (event.type === 'ASK') system.send(event.replyTo, answer(1));
    return state;
  }, null);
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

  it('forgets asks once they are answered, however long they might have waited', async () => {
    const { clock, system } = world();
    const actor = system.spawn(echoIn(system));
    const grown = await grownBytes(3_000, async (times) => {
      for (let asked = 0; asked < times; asked += 1) {
        expect(await actor.ask({ type: 'ASK' }, { timeoutMs: 1_000_000 + asked })).to.equal(1);
        expect(clock.pending).to.equal(0);
      }
    });
    expect(grown).to.be.below(NOISE_BYTES);
    await system.stop();
  });

  it('shrinks again after a burst: mailboxes hold neither its events nor its room', async () => {
    const { clock, system } = world();
    const small = Array.from({ length: 3 }, () => system.spawn(echoIn(system)));
    const large = system.spawn(echoIn(system), { mailboxCapacity: 100_000 });
    const burst = async (size: number, each: number) => {
      for (const actor of small) for (let sent = 0; sent < size; sent += 1) actor.send(noise(10_000));
      for (let sent = 0; sent < each; sent += 1) large.send(noise(0));
      await clock.settle();
    };
    await burst(1, 1);
    const before = heapBytes();
    await burst(1_000, 70_000);
    await burst(1, 1);
    expect(heapBytes() - before).to.be.below(NOISE_BYTES);
    await system.stop();
  });

  it('gives the places of asks out again, and none of a burst once that is over', async () => {
    const { clock, system } = world();
    const addresses: string[] = [];
    const actor = system.spawn(
      fromTransition((state: null, event: Asked) => {
        if (event.type === 'ASK') addresses.push(event.replyTo);
        return state;
      }, null),
    );
    const ask = async (times: number) => {
      const answers = Array.from({ length: times }, () => actor.ask({ type: 'ASK' }, { timeoutMs: 1_000 }));
      await clock.settle();
      for (const address of addresses.splice(0)) expect(system.send(address, answer(1))).to.equal(true);
      expect(new Set(await Promise.all(answers))).to.deep.equal(new Set([1]));
    };
    const lastPlace = async () => {
      const last = actor.ask({ type: 'ASK' }, { timeoutMs: 1_000 });
      await clock.settle();
      const address = addresses.pop() ?? '';
      system.send(address, answer(1));
      await last;
      return address.split('.').at(-1);
    };
    for (let time = 0; time < 3; time += 1) expect(await lastPlace()).to.equal('0');
    await ask(2_000);
    expect(await lastPlace()).to.equal('0');
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
    for (let asked = 0; asked < 1_200; asked += 1) {
      const asking = keeper.ask({ type: 'ASK' }, { timeoutMs: 10 });
      await clock.settle();
      const address = addresses.at(-1) ?? '';
      // As text that has been elsewhere: not the very one that was given out.
      const send = (value: number) =>
        system.send(asked % 2 === 0 ? address : Buffer.from(address).toString(), answer(value));
      expect(send(asked)).to.equal(true);
      expect(send(-1)).to.equal(false);
      answered.push(await asking);
      // Now that another waits at the same place.
      const next = keeper.ask({ type: 'ASK' }, { timeoutMs: 10 });
      expect(send(-1)).to.equal(false);
      await clock.settle();
      expect(system.send(addresses.pop() ?? '', answer(0))).to.equal(true);
      expect(await next).to.equal(0);
    }
    expect(answered).to.deep.equal(answered.map((_, at) => at));
    expect(new Set(addresses).size).to.equal(1_200);
    expect(new Set(system.deadLetters().map(({ reason }) => reason))).to.deep.equal(new Set(['unasked']));
    await system.stop();
  });
});
