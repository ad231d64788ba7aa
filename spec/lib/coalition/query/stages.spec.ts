import { expect } from 'chai';
import fc from 'fast-check';
import { type Staged, stagesOf } from '../../../../lib/coalition/query/stages.js';
import { ConclaveError } from '../../../../lib/core/errors.js';

/** Agents of which each comes after some of those before it, in any order. */
const acyclic: fc.Arbitrary<Staged[]> = fc
  .array(fc.array(fc.nat(11), { maxLength: 4 }), { maxLength: 12 })
  .map((rows) =>
    rows.map((row, at) => ({ name: `a${at}`, after: row.filter((other) => other < at).map((n) => `a${n}`) })),
  )
  .chain((agents) => fc.shuffledSubarray(agents, { minLength: agents.length }));

describe('stages', () => {
  it('puts each agent in the first stage after all that it waits for, in the order given', () => {
    fc.assert(
      fc.property(acyclic, (agents) => {
        const stages = stagesOf(agents);
        const stageOf = new Map(stages.flatMap((stage, at) => stage.map((name) => [name, at] as const)));
        expect(stageOf.size).to.equal(agents.length);
        for (const { name, after = [] } of agents) {
          const earliest = Math.max(-1, ...after.map((other) => stageOf.get(other) ?? Number.NaN)) + 1;
          expect(stageOf.get(name)).to.equal(earliest);
        }
        const given = agents.map(({ name }) => name);
        for (const stage of stages) {
          expect(stage).to.not.deep.equal([]);
          expect(stage).to.deep.equal(given.filter((name) => stage.includes(name)));
        }
      }),
    );
  });

  it('refuses a circle, naming who is in it, and no others', () => {
    const circle = [
      { name: 'free' },
      { name: 'a', after: ['c'] },
      { name: 'b', after: ['a', 'free'] },
      { name: 'c', after: ['b'] },
    ];
    expect(() => stagesOf(circle))
      .to.throw(ConclaveError, 'a (after c); b (after a, free); c (after b)')
      .with.property('code', 'InvalidOption');
    expect(() => stagesOf([{ name: 'a', after: ['a'] }])).to.throw(ConclaveError, 'circle');
  });

  it('refuses a name that nobody has', () => {
    expect(() => stagesOf([{ name: 'a', after: ['z'] }, { name: 'b' }]))
      .to.throw(ConclaveError, '"a" comes after "z", which nobody defines; there are a, b.')
      .with.property('code', 'UnknownAgent');
  });
});
