import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import fc from 'fast-check';
import { fromTransition } from 'xstate';
import { Dispatcher, type Unit } from '../../../lib/system/dispatcher.js';
import type { Reference } from '../../../lib/system/reference.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

/** A clock that work moves on, and whose yields wait until the spec lets them go. */
class WorkClock extends ManualClock {
  atMs = 0;
  yields = 0;
  #fresh: (() => void) | undefined;

  override nowMs(): number {
    return this.atMs;
  }

  override defer(callback: () => void): void {
    this.yields += 1;
    this.#fresh = callback;
  }

  goOn(): void {
    this.#fresh?.();
  }
}

/** Works for ever, an event after the other. */
class Endless implements Unit {
  scheduled = false;
  ready = true;
  events = 0;
  eventMs: number;
  readonly #clock: WorkClock;

  constructor(clock: WorkClock, eventMs: number) {
    this.#clock = clock;
    this.eventMs = eventMs;
  }

  run(budget: number): number {
    this.events += budget;
    this.#clock.atMs += budget * this.eventMs;
    return budget;
  }
}

async function begin(...eventsMs: number[]) {
  const clock = new WorkClock();
  let rests = 0;
  const dispatcher = new Dispatcher(clock, () => {
    rests += 1;
  });
  const units = eventsMs.map((eventMs) => new Endless(clock, eventMs));
  for (const unit of units) dispatcher.schedule(unit);
  await Promise.resolve();
  return { clock, dispatcher, units, restsOf: () => rests };
}

const eventMs = fc.oneof(fc.constant(0), fc.double({ min: 0.000_01, max: 20, noNaN: true }));

describe('a dispatcher', () => {
  it('yields after 4,096 events or 2 ms, whichever is first, but for the event at hand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(eventMs, { minLength: 1, maxLength: 4 }), async (eventsMs) => {
        const { clock, units, restsOf } = await begin(...eventsMs);
        const worked = () => units.reduce((sum, { events }) => sum + events, 0);
        for (let round = 0; round < 50; round += 1) {
          expect(clock.yields, 'one yield a round').to.equal(round + 1);
          expect(restsOf(), 'a rest before each').to.equal(round + 1);
          const [beganMs, before] = [clock.atMs, worked()];
          clock.goOn();
          expect(worked() - before).to.be.within(1, 4_096);
          // The units are as slow as each other or not: after a fast one it may take a look to find out.
          const slowestMs = Math.max(...eventsMs);
          const isEven = eventsMs.every((ms) => ms === eventsMs[0]);
          if (round > 10 && isEven) expect(clock.atMs - beganMs).to.be.at.most(2.6 + slowestMs);
          if (slowestMs < 0.000_4) expect(worked() - before).to.equal(4_096);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('notices within a turn that fast events have become slow', async () => {
    const { clock, units } = await begin(0.000_1);
    for (let round = 0; round < 20; round += 1) clock.goOn();
    const [unit] = units;
    if (unit === undefined) throw new Error('no unit');
    unit.eventMs = 10;
    const beganMs = clock.atMs;
    clock.goOn();
    expect(clock.atMs - beganMs).to.be.at.most(64 * 10);
    const laterMs = clock.atMs;
    clock.goOn();
    expect(clock.atMs - laterMs).to.be.at.most(2 + 10);
  });

  it('gives every unit its turn within each round, however many there are', async () => {
    const { clock, units } = await begin(...Array.from({ length: 64 }, () => 0));
    for (let round = 1; round < 5; round += 1) {
      // The first turns of a dispatcher are shorter: it does not know yet how slow events are.
      for (const { events } of units) expect(events).to.be.within(64 * (round - 1) + 1, 64 * (round + 1));
      clock.goOn();
    }
  });

  it('does not count time in which nothing was to do', async () => {
    const { clock, dispatcher } = await begin();
    const once: Unit = { scheduled: false, ready: false, run: () => 1 };
    for (let event = 0; event < 2_000; event += 1) {
      clock.atMs += 50;
      dispatcher.schedule(once);
      await Promise.resolve();
    }
    expect(once.scheduled).to.equal(false);
    expect(clock.yields).to.equal(0);
  });

  it('counts work done in many short stretches, as by a loop of awaits', async () => {
    const { clock, dispatcher } = await begin();
    const slow: Unit = {
      scheduled: false,
      ready: false,
      run: () => {
        clock.atMs += 1;
        return 1;
      },
    };
    let events = 0;
    for (; clock.yields === 0 && events < 100; events += 1) {
      dispatcher.schedule(slow);
      await Promise.resolve();
    }
    expect(events).to.be.at.most(4);
  });
});

interface Ball {
  readonly type: 'BALL';
}

describe('two reducers that chat for ever', () => {
  it('starve no I/O, no timer and no third actor', async () => {
    const system = createSystem({ log: () => undefined });
    const player = (other: () => Reference<Ball>) =>
      fromTransition((hits: number, { type }: Ball) => {
        if (type === 'BALL') other().send({ type: 'BALL' });
        return hits + 1;
      }, 0);
    const ping: Reference<Ball, { context: number }> = system.spawn(player(() => pong));
    const pong: Reference<Ball> = system.spawn(player(() => ping));
    const third = system.spawn(fromTransition((count: number) => count + 1, 0));
    ping.send({ type: 'BALL' });
    const path = fileURLToPath(import.meta.url);
    for (let round = 0; round < 3; round += 1) {
      const before = ping.getSnapshot().context;
      expect((await readFile(path)).length).to.be.above(0);
      expect(await echoed('hello')).to.equal('hello');
      await setTimeout(2);
      third.send({ type: 'any' });
      await setImmediate();
      await setImmediate();
      expect(third.getSnapshot().context).to.equal(round + 1);
      expect(ping.getSnapshot().context, 'and chat on').to.be.above(before);
    }
    await system.stop();
  });
});

/** Through a server of this process and back. */
async function echoed(text: string): Promise<string> {
  const server = createServer((socket) => socket.pipe(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1');
  const heard = new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(String(data)));
  });
  socket.write(text);
  const came = await heard;
  socket.destroy();
  server.close();
  return came;
}
