import { expect } from 'chai';
import fc from 'fast-check';
import type { Clock, Timer } from '../../../lib/core/clock.js';
import { Deadline, TimerWheel } from '../../../lib/system/timer-wheel.js';

/** A clock that goes on at once, and counts what it was asked. */
class CountingClock implements Clock {
  at = 0;
  looks = 0;
  timers = 0;
  readonly #due = new Map<object, { readonly atMs: number; readonly callback: () => void }>();

  get pending(): number {
    return this.#due.size;
  }

  nowMs(): number {
    this.looks += 1;
    return this.at;
  }

  wallMs(): number {
    return this.at;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    this.timers += 1;
    const key = {};
    this.#due.set(key, { atMs: this.at + delayMs, callback });
    return { cancel: () => void this.#due.delete(key) };
  }

  defer(): void {
    throw new Error('a wheel needs no turn of its own');
  }

  goTo(atMs: number): void {
    for (let next = this.#next(atMs); next !== undefined; next = this.#next(atMs)) {
      const [key, { atMs: dueMs, callback }] = next;
      this.#due.delete(key);
      this.at = Math.max(this.at, dueMs);
      callback();
    }
    this.at = atMs;
  }

  #next(atMs: number) {
    const due = [...this.#due].filter((entry) => entry[1].atMs <= atMs);
    return due.sort((left, right) => left[1].atMs - right[1].atMs)[0];
  }
}

class Alarm extends Deadline {
  setAtMs = Number.NaN;
  lapsedAtMs: number | undefined;
  isRemoved = false;
  readonly #clock: CountingClock;
  readonly #heard: Alarm[];

  constructor(clock: CountingClock, heard: Alarm[]) {
    super();
    this.#clock = clock;
    this.#heard = heard;
  }

  lapse(): void {
    if (this.lapsedAtMs !== undefined) throw new Error('lapsed twice');
    this.lapsedAtMs = this.#clock.at;
    this.#heard.push(this);
  }
}

const afterMs = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.integer({ min: 0, max: 3_000 }),
  fc.integer({ min: 0, max: 2 ** 33 }),
  fc.constantFrom(31, 32, 33, 1_023, 1_024, 1_025, 32_768, Number.POSITIVE_INFINITY),
  fc.double({ min: 0, max: 100, noNaN: true }),
);
const command = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), afterMs }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(40) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('go' as const),
      byMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 2 ** 33 })),
    }),
  },
);

type Command = typeof command extends fc.Arbitrary<infer Value> ? Value : never;

class Trial {
  readonly clock = new CountingClock();
  readonly alarms: Alarm[] = [];
  readonly #heard: Alarm[] = [];
  readonly #wheel: TimerWheel;

  constructor(startMs: number) {
    this.clock.at = startMs;
    this.#wheel = new TimerWheel(this.clock);
  }

  take(given: Command): void {
    if (given.kind === 'set') this.#set(given.afterMs);
    else if (given.kind === 'remove') this.#remove(this.alarms[given.which]);
    else this.#look();
    if (given.kind === 'go') this.clock.goTo(this.clock.at + given.byMs);
  }

  end(): void {
    expect(this.clock.pending).to.be.at.most(1);
    for (const alarm of this.alarms) this.#wheel.remove(alarm);
    expect(this.#wheel.size).to.equal(0);
    expect(this.clock.pending, 'no timer where there is no deadline').to.equal(0);
    const lapsed = this.#heard.map(({ lapsedAtMs }) => lapsedAtMs ?? Number.NaN);
    expect(lapsed).to.deep.equal(lapsed.toSorted((left, right) => left - right));
  }

  #set(waitMs: number): void {
    const alarm = new Alarm(this.clock, this.#heard);
    this.alarms.push(alarm);
    this.#wheel.set(alarm, waitMs);
  }

  #remove(alarm: Alarm | undefined): void {
    if (alarm === undefined) return;
    if (alarm.lapsedAtMs === undefined) alarm.isRemoved = true;
    this.#wheel.remove(alarm);
  }

  #look(): void {
    this.#wheel.look();
    for (const alarm of this.alarms) if (Number.isNaN(alarm.setAtMs)) alarm.setAtMs = this.clock.at;
  }
}

describe('a timer wheel', () => {
  it('lets each deadline lapse once, within the millisecond after it is due, in order, unless it is removed', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), fc.nat(100_000), (commands, startMs) => {
        const trial = new Trial(startMs);
        for (const command of commands) {
          trial.take(command);
          check(trial.alarms, trial.clock.at);
        }
        trial.end();
      }),
      { numRuns: 300 },
    );
  });

  it('lets equals lapse in the order in which they were set', () => {
    // By way of one slot, two, three and four.
    for (const waitMs of [10, 100, 5_000, 40_000]) {
      const clock = new CountingClock();
      const wheel = new TimerWheel(clock);
      const heard: Alarm[] = [];
      const alarms = Array.from({ length: 20 }, () => new Alarm(clock, heard));
      for (const alarm of alarms) wheel.set(alarm, waitMs);
      wheel.look();
      clock.goTo(waitMs);
      expect(heard.map((alarm) => alarms.indexOf(alarm))).to.deep.equal(alarms.map((_, at) => at));
    }
  });

  it('asks little of the clock: nothing for what is removed before a look, one timer for any number', () => {
    const clock = new CountingClock();
    const wheel = new TimerWheel(clock);
    const { looks } = clock;
    for (let round = 0; round < 1_000; round += 1) {
      const alarm = new Alarm(clock, []);
      wheel.set(alarm, 10);
      wheel.remove(alarm);
      wheel.look();
    }
    expect(clock.looks).to.equal(looks);
    expect(clock.timers).to.equal(0);
    for (let count = 0; count < 20_000; count += 1) wheel.set(new Alarm(clock, []), 1_000 + (count % 64));
    wheel.look();
    expect(clock.timers).to.equal(1);
    clock.goTo(2_000);
    expect(wheel.size).to.equal(0);
    // One for each millisecond in which something lapsed, and one for each slot that was dealt out again.
    expect(clock.timers).to.be.below(80);
  });
});

function check(alarms: readonly Alarm[], nowMs: number): void {
  for (const { setAtMs, afterMs: waitMs, lapsedAtMs, isRemoved } of alarms) {
    if (lapsedAtMs !== undefined) {
      expect(isRemoved, 'a removed one lapsed').to.equal(false);
      expect(lapsedAtMs - (setAtMs + waitMs)).to.be.within(0, 1);
    } else if (!isRemoved && setAtMs + waitMs + 1 <= nowMs) throw new Error(`${waitMs} ms have not lapsed`);
  }
}
