import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkAmbience } from './ambient.js';
import { checkDocs } from './docs.js';
import { checkImportCycles } from './import-cycles.js';
import { checkImportTable } from './import-table.js';
import { checkLock } from './lock.js';
import { checkCharts, checkNames } from './names.js';
import { checkSizes } from './sizes.js';
import { describeFinding, type Finding, listFiles, readModules } from './source.js';
import { checkPortability, checkTopLevel } from './tracked.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const entries = ['lib/index.ts', 'lib/testing/index.ts', 'lib/checker/index.ts'];

function expectNone(findings: readonly Finding[]): void {
  expect(findings.map(describeFinding)).to.deep.equal([]);
}

describe('the structure of this checkout', () => {
  const modules = readModules(root);
  const tracked = listFiles(root, { untracked: false });

  it('is seen at all', () => {
    expect(modules.length).to.be.greaterThan(20);
    expect(tracked).to.include('lib/index.ts');
  });

  it('keeps the import table', () => expectNone(checkImportTable(modules)));
  it('has no import cycle', () => expectNone(checkImportCycles(modules)));
  it('takes time, chance and ids as parameters', () => expectNone(checkAmbience(modules)));
  it('names every file after a concept', () => expectNone(checkNames(listFiles(root, { untracked: true }))));
  it('has a chart in every file of actors/', () => expectNone(checkCharts(modules)));
  it('keeps files and functions short', () => expectNone(checkSizes(modules)));
  it('documents what it exports', () => expectNone(checkDocs(modules, entries)));
  it('tracks nothing else at the top level', () => expectNone(checkTopLevel(tracked)));
  it('locks every optional package', () => {
    expectNone(checkLock(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))));
  });
  it('holds no path or registry of one machine', () => {
    const read = (path: string) => ({ path, text: readFileSync(join(root, path), 'utf8') });
    expectNone(checkPortability(tracked.map(read)));
  });
});
