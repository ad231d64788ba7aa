import { expect } from 'chai';
import fc from 'fast-check';
import { KeyLines } from '../../../lib/brokers/key-lines.js';

describe('KeyLines', () => {
  it('lets the messages of each key come first one after the other, in the order in which they entered', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), enters: fc.boolean() })),
        (steps) => {
          const lines = new KeyLines<{ seq: number }>();
          const expected = new Map<string, { seq: number }[]>([
            ['a', []],
            ['b', []],
            ['c', []],
          ]);
          for (const [seq, { key, enters }] of steps.entries()) {
            const line = expected.get(key) ?? [];
            const first = line[0];
            if (enters) expect(lines.enter(key, { seq })).to.equal(line.push({ seq }) === 1);
            else if (first !== undefined) {
              line.shift();
              expect(lines.leave(key, first)).to.deep.equal(line[0]);
            }
            const all = [...expected.values()];
            expect(lines.waiting).to.equal(all.reduce((sum, each) => sum + Math.max(0, each.length - 1), 0));
            expect(lines.size).to.equal(all.filter((each) => each.length > 0).length);
          }
        },
      ),
    );
  });

  it('keeps nothing of a key that is idle, however many there were', () => {
    const lines = new KeyLines<{ seq: number }>();
    for (let seq = 0; seq < 10_000; seq += 1) {
      const item = { seq };
      lines.enter(`user-${seq}`, item);
      lines.leave(`user-${seq}`, item);
    }
    expect([lines.size, lines.waiting]).to.deep.equal([0, 0]);
  });
});
