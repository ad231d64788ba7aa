import { expect } from 'chai';
import fc from 'fast-check';
import { goalWords, reachedOf } from './goals.js';
import { type Goal, nodeSide, type Row } from './row.js';
import { actors } from './suites/actors.js';
import { plane } from './suites/plane.js';

const conclave = nodeSide('conclave', 'fakes', 'counted');
const row = (better: Row['better'], goals: readonly Goal[]): Row => ({
  name: 'fake',
  unit: 'bytes',
  better,
  conclave,
  goals,
});
const RANK = { missed: 0, atLeast: 1, aim: 2 };
const figure = fc.double({ min: 0, max: 1_000, noNaN: true });

describe('the goals of a row', () => {
  it('are reached by a ratio that is large enough, and by a figure that is small enough', () => {
    const figures = { conclave: 70, ratio: 30, ofLimit: 0.9 };
    const reached = (better: Row['better'], goal: Goal) =>
      reachedOf(row(better, [goal]), figures)[0]?.reached;
    expect(reached('more', { of: 'peer', atLeast: 25, aim: 60 })).to.equal('atLeast');
    expect(reached('less', { of: 'peer', atLeast: 25, aim: 30 })).to.equal('aim');
    expect(reached('more', { of: 'limit', atLeast: 1, aim: 2 })).to.equal('missed');
    expect(reached('less', { of: 'figure', atLeast: 100, aim: 60 })).to.equal('atLeast');
    expect(reached('more', { of: 'figure', atLeast: 100, aim: 200 })).to.equal('missed');
  });

  it('are missed where there was nothing to compare with', () => {
    const [result] = reachedOf(row('more', [{ of: 'peer', atLeast: 0, aim: 1 }]), {
      conclave: 5,
      ratio: null,
      ofLimit: null,
    });
    expect(result).to.include({ came: null, reached: 'missed' });
  });

  it('are never further away for a larger ratio', () => {
    fc.assert(
      fc.property(figure, figure, figure, figure, (atLeast, more, one, other) => {
        const goal: Goal = { of: 'peer', atLeast, aim: atLeast + more };
        const rankOf = (ratio: number) =>
          RANK[reachedOf(row('more', [goal]), { conclave: 0, ratio, ofLimit: null })[0]?.reached ?? 'missed'];
        expect(rankOf(Math.max(one, other))).to.be.at.least(rankOf(Math.min(one, other)));
        expect(rankOf(atLeast)).to.be.at.least(1);
        expect(rankOf(atLeast + more)).to.equal(2);
      }),
    );
  });

  it('are said in words', () => {
    const words = (goal: Goal) =>
      reachedOf(row('less', [goal]), { conclave: 70, ratio: 30, ofLimit: 3 }).map((result) =>
        goalWords(result, 'bytes'),
      );
    expect(words({ of: 'peer', atLeast: 25, aim: 60 })).to.deep.equal(['reached (25 x, aim 60 x)']);
    expect(words({ of: 'figure', atLeast: 60, aim: 50 })).to.deep.equal(['missed (60 bytes, aim 50 bytes)']);
    expect(words({ of: 'limit', atLeast: 1, aim: 2 })).to.deep.equal([
      'aim reached (1 x, aim 2 x of the limit)',
    ]);
  });

  it('of the suites have an aim that is no nearer than what is to be reached, and something to compare with', async () => {
    for (const part of [...plane.parts, ...actors.parts]) {
      const { rows, close } = await part.open();
      await close();
      expect(rows.map(({ name }) => name).filter((name) => !name.startsWith(`${part.name}: `))).to.deep.equal(
        [],
      );
      for (const row of rows) for (const goal of row.goals ?? []) expectSound(row, goal);
    }
  });
});

function expectSound({ name, better, peer, limit }: Row, { of, atLeast, aim }: Goal): void {
  if (of === 'figure' && better === 'less') expect(aim, name).to.be.at.most(atLeast);
  else expect(aim, name).to.be.at.least(atLeast);
  const other = { peer, limit, figure: 'itself' }[of];
  expect(other, `${name}: what the goal is compared with`).not.to.equal(undefined);
}
