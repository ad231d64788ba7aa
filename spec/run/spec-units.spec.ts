import { expect } from 'chai';
import fc from 'fast-check';
import { closingLine, sumOf } from './closing-line.js';
import { specUnits } from './spec-units.js';

describe('the units of specs', () => {
  const folder = fc.constantFrom(
    '',
    'scenarios/',
    'lib/',
    'lib/cli/',
    'lib/cli/deep/',
    'lib/core/',
    'actors/',
  );
  const file = fc.tuple(folder, fc.nat(9)).map(([at, n]) => `dist/spec/${at}${n}.spec.js`);
  const text = fc.constantFrom('', "import '../services/ray.js'", 'needService(this, ray)', 'ray, ray');

  it('have each file once, and those that need Ray in one', () => {
    const run = (files: readonly string[], texts: readonly string[]) => {
      const textOf = (path: string) => texts[Number(path.at(-9)) % texts.length] ?? '';
      const units = specUnits(files, textOf);
      expect(units.flatMap((unit) => unit.files)).to.have.members(files);
      expect(new Set(units.map(({ name }) => name)).size).to.equal(units.length);
      for (const unit of units) {
        expect(unit.files).to.have.length.above(0);
        const needRay = unit.files.filter((path) => /ray\.js|, ray\)/.test(textOf(path)));
        expect(needRay).to.have.length(unit.name === 'ray' ? unit.files.length : 0);
      }
    };
    fc.assert(fc.property(fc.uniqueArray(file), fc.array(text, { minLength: 1, maxLength: 4 }), run));
  });

  it('follow the folders, the deeper one first', () => {
    const files = ['scenarios/a', 'lib/cli/b', 'lib/core/c', 'actors/d'];
    const paths = files.map((path) => `dist/spec/${path}.spec.js`);
    const units = specUnits(paths, () => '');
    expect(units.map(({ name }) => name)).to.deep.equal(['scenarios', 'lib/cli', 'lib', 'the rest']);
  });

  it('are summed up in one line', () => {
    const sum = sumOf([
      { passes: 3, failures: 1, pending: 0 },
      { passes: 4, failures: 0, pending: 2 },
    ]);
    expect(closingLine(sum)).to.equal('7 passed, 1 failed, 2 skipped\n');
    expect(closingLine(sumOf([]))).to.equal('0 passed, 0 failed\n');
  });
});
