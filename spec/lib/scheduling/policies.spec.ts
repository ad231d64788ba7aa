import { expect } from 'chai';
import { parsePolicy, SCHEDULE_DEFAULT, SCHEDULES } from '../../../lib/scheduling/policies.js';

const own = { name: 'own', initial: 0, place: () => ({ state: 0, workers: [0] }) };

/** A policy with methods on its prototype. */
class Sticky {
  readonly name = 'sticky';
  readonly initial = 0;
  place() {
    return { state: 0, workers: [0] };
  }
}

describe('the schedule of a coalition', () => {
  it('is a word that stands for the policy of that name', () => {
    expect(SCHEDULES).to.deep.equal(['round-robin', 'work-stealing', 'priority']);
    for (const name of SCHEDULES) expect(parsePolicy(name).name).to.equal(name);
    expect(SCHEDULE_DEFAULT).to.equal('work-stealing');
  });

  it("is a user's own policy, as it is", () => {
    const sticky = new Sticky();
    expect(parsePolicy(sticky)).to.equal(sticky);
    for (const policy of [own, { ...own, steal: () => undefined, rank: () => 1, ageingMs: 5 }])
      expect(parsePolicy(policy)).to.equal(policy);
  });

  const wrong: readonly (readonly [string, unknown, RegExp])[] = [
    [
      'another word',
      'fifo',
      /^schedule must be 'round-robin', 'work-stealing', 'priority' or a SchedulingPolicy .*, not 'fifo'\.$/,
    ],
    ['an object without place', { name: 'own' }, /^schedule must be .*, not \[object Object\]\.$/],
    ['a function', () => 0, /^schedule must be /],
    ['null', null, /^schedule must be .*, not null\.$/],
    ['a place that is none', { ...own, place: 5 }, /^schedule\.place must be a function, not 5\.$/],
    [
      'a place left out',
      { ...own, place: undefined },
      /^schedule\.place must be a function, not undefined\.$/,
    ],
    ['a steal that is none', { ...own, steal: 'half' }, /^schedule\.steal must be a function, not 'half'\.$/],
    ['a rank that is none', { ...own, rank: 4 }, /^schedule\.rank must be a function, not 4\.$/],
    ['no name', { ...own, name: undefined }, /^schedule\.name must be a string, not undefined\.$/],
    [
      'no time to age',
      { ...own, ageingMs: 0 },
      /^schedule\.ageingMs must be a whole number from 1 .* not 0\.$/,
    ],
  ];
  for (const [what, schedule, message] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => parsePolicy(schedule))
        .to.throw(message)
        .with.property('code', 'InvalidOption');
    });
  }
});
