import { expect } from 'chai';
import { Vacancies } from '../../../../lib/coalition/hosts/vacancies.js';
import { ManualClock } from '../../../../lib/testing/manual-clock.js';

const AFTER_MS = 400;

function bench() {
  const clock = new ManualClock();
  const state = { open: 1, agents: ['known'] as readonly string[] };
  const told: string[] = [];
  const vacancies = new Vacancies({
    clock,
    afterMs: AFTER_MS,
    open: () => state.open,
    pools: () => [{ agents: state.agents }],
    onVacant: ({ message }) => told.push(/"(.*)"/.exec(message)?.[1] ?? message),
  });
  return { clock, state, vacancies, told: () => told.splice(0) };
}

describe('vacancies', () => {
  it('tells once of an agent that no pool has had for a while, and of no other', async () => {
    const { clock, vacancies, told } = bench();
    for (const agent of ['known', 'missing', 'missing']) vacancies.asked(agent);
    await clock.advance(AFTER_MS - 1);
    expect(told()).to.deep.equal([]);
    await clock.advance(1);
    expect(told()).to.deep.equal(['missing']);
    await clock.advance(AFTER_MS * 5);
    expect(told()).to.deep.equal([]);
    vacancies.close();
    expect(clock.pending).to.equal(0);
  });

  it('tells again of one that somebody had meanwhile', async () => {
    const { clock, vacancies, state, told } = bench();
    vacancies.asked('known');
    await clock.advance(AFTER_MS * 2);
    expect(told()).to.deep.equal([]);
    for (let round = 0; round < 2; round += 1) {
      state.agents = [];
      await clock.advance(AFTER_MS * 2);
      expect(told()).to.deep.equal(['known']);
      state.agents = ['known'];
      await clock.advance(AFTER_MS);
    }
    vacancies.close();
  });

  it('has no timer once nothing waits, and begins anew with the next task', async () => {
    const { clock, vacancies, state, told } = bench();
    vacancies.asked('missing');
    await clock.advance(AFTER_MS / 2);
    state.open = 0;
    await clock.advance(AFTER_MS);
    expect([told(), clock.pending]).to.deep.equal([[], 0]);
    state.open = 1;
    vacancies.asked('missing');
    await clock.advance(AFTER_MS);
    expect(told()).to.deep.equal(['missing']);
    vacancies.close();
    vacancies.asked('other');
    expect(clock.pending).to.equal(0);
  });
});
