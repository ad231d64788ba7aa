import { expect } from 'chai';
import fc from 'fast-check';
import { TURN_MS, Turn } from '../../../lib/host/turn.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

function turnOf() {
  let nowMs = 0;
  let looks = 0;
  const clock: ManualClock = Object.create(new ManualClock(), {
    nowMs: {
      value: () => {
        looks += 1;
        return nowMs;
      },
    },
  });
  const work = (ms: number) => {
    nowMs += ms;
  };
  return { turn: new Turn(clock), work, looks: () => looks };
}

describe('a turn', () => {
  it('is over with the task after which it has taken 10 ms, where tasks are not short', () => {
    const times = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(times, (all) => {
        const { turn, work } = turnOf();
        let workedMs = 0;
        turn.begin();
        for (const ms of all) {
          work(ms);
          workedMs += ms;
          expect(turn.isOver()).to.equal(workedMs >= TURN_MS);
          if (workedMs < TURN_MS) continue;
          turn.begin();
          workedMs = 0;
        }
      }),
    );
  });

  it('looks at the clock a fourth as often while tasks are short, and lets three more follow a slow one', () => {
    const { turn, work, looks } = turnOf();
    turn.begin();
    for (let task = 0; task < 400; task += 1) {
      work(0.001);
      expect(turn.isOver()).to.equal(false);
    }
    expect(looks()).to.be.lessThan(105);
    work(TURN_MS);
    let after = 0;
    while (!turn.isOver()) after += 1;
    expect(after).to.be.lessThan(4);
    turn.begin();
    for (let task = 0; task < 4; task += 1) {
      work(1);
      expect(turn.isOver()).to.equal(false);
    }
    work(TURN_MS);
    expect(turn.isOver()).to.equal(true);
  });
});
