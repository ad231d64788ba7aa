import { expect } from 'chai';
import { defaultLimits } from '../../lib/core/limits.js';
import { builtSurface } from './built.js';
import { parseDeclarations, type ReadModule } from './declared.js';
import { referenceIndex, referencePage } from './page.js';
import { readSurface, type Surface } from './surface.js';
import { undocumented } from './undocumented.js';

const words = { name: 'thing', version: '1.2.3', description: 'Does it.' };

/** The surface of declarations held in memory, with lib/index.ts as the one entry. */
function surfaceOf(files: Readonly<Record<string, string>>): Surface {
  const read: ReadModule = (path) => {
    const text = files[path];
    return text === undefined ? undefined : parseDeclarations(path, text);
  };
  return readSurface(read, { thing: 'lib/index.ts' });
}

const planted = {
  'lib/index.ts': `export { make, type Options } from './make.js'; export { setup } from 'xstate'; export * from './machine.js'; export * from './word.js';`,
  'lib/make.ts': `import type { Hidden } from './hidden.js';
    /** How. */
    export interface Options extends Base { /** Said. */ readonly said: number; readonly unsaid: Hidden; readonly type: 'make'; }
    /** Below. */
    interface Base { readonly base: string; }
    /** Makes it. @throws \`InvalidOption\`. */
    export declare function make(options: Options): import('./other.js').Other;`,
  'lib/word.ts': `/** A word; see \`{ a: 1 }\`: there. */ export type Word =
    /** The first. */
    'one'
    /** The second: of two. */
    | 'two' | 'three';
    /** Needs no word more. */
    export type Plainly = 'this' | 'that';
    /** Put together. */
    export type Together = Omit<Parts, 'odd'> & { /** More. */ readonly more: number };
    /** Parts. */
    interface Parts { readonly part: number; }`,
  'lib/hidden.ts': `export type Hidden = { readonly inner: number };`,
  'lib/other.ts': `/** Another. */ export type Other = string;`,
  'lib/machine.ts': `/** Runs. */
    export interface Runs { /** Starts it. */ run(): void; walk(): void; }
    /** A machine. */
    export declare class Machine implements Runs {
      #private;
      private secret: number;
      /** @internal */
      start(parts: NeverSeen): void;
      constructor(options: string);
      run(): void;
      walk(): void;
    }`,
};

describe('the reference', () => {
  it('leaves nothing out that a user can reach, and nothing unexplained', () => {
    expect(undocumented(builtSurface())).to.deep.equal([]);
  });

  it('sees the whole surface', () => {
    const { entries } = builtSurface();
    expect(entries.map(({ specifier }) => specifier)).to.deep.equal([
      'conclave',
      'conclave/testing',
      'conclave/check',
    ]);
    const names = entries.flatMap(({ items }) => items.map(({ name }) => name));
    expect(names)
      .to.include.members(['createCoalition', 'Coalition', 'ManualClock'])
      .and.have.length.above(80);
    const coalition = entries.flatMap(({ items }) => items).find(({ name }) => name === 'Coalition');
    const members = coalition?.members.map(({ name }) => name);
    expect(members).to.include.members(['submit', 'map', 'shutdown']).and.not.include('start');
  });

  it('has an import for every type that a user writes, is handed or passes on', () => {
    /* The rest is between us and the compiler, or between a coordinator and its workers. */
    const ours = [
      ...['AgentCalled', 'AgentsIn', 'PayloadOfAgent', 'ResultOfAgent', 'ENVELOPE_VERSION', 'LoadedAgent'],
      ...['HostFrame', 'RecordFrame', 'ReturnedFrame', 'SettledFrame', 'TaskBatch', 'TaskExtra', 'TaskPlace'],
      ...[
        'ChunkFrame',
        'ChunkSettledFrame',
        'Span',
        'TaskPlaces',
        'WorkerExit',
        'WorkerFrame',
        'WorkerLink',
        'WorkerListener',
        'WorkerSpec',
      ],
      'QueueConsumerOptions', // written as ResultAggregatorOptions and StorageCoordinatorOptions
    ];
    expect(
      builtSurface()
        .mentioned.map(({ name }) => name)
        .filter((name) => !ours.includes(name)),
    ).to.deep.equal([]);
  });

  it('tells the default of each limit', () => {
    const limits = builtSurface()
      .entries.flatMap(({ items }) => items)
      .find(({ name }) => name === 'Limits');
    const told = limits?.members.map(({ name, doc }) => [name, /\(default ([\d,]+)/.exec(doc ?? '')?.[1]]);
    const inForce = Object.entries(defaultLimits).map(([name, value]) => [name, value.toLocaleString('en')]);
    expect(told).to.have.deep.members(inForce);
  });

  it('finds each export and each member without a doc comment', () => {
    expect(undocumented(surfaceOf(planted))).to.have.members([
      'lib/make.ts: Options.unsaid',
      'lib/make.ts: Base.base',
      'lib/hidden.ts: Hidden',
      'lib/hidden.ts: Hidden.inner',
      'lib/word.ts: Parts.part',
      "lib/word.ts: Word.'three'",
      'lib/machine.ts: Runs.walk',
      'lib/machine.ts: Machine.walk',
    ]);
  });

  it('fails on a name that is declared nowhere, and on an entry that is not built', () => {
    const files = { 'lib/index.ts': `export { gone } from './gone.js';` };
    expect(() => surfaceOf(files)).to.throw('lib/index.ts exports gone, which is declared nowhere');
    expect(() => surfaceOf({})).to.throw('the entry thing has no declarations at lib/index.ts');
  });

  it('writes a page with every export, its declaration, its promise and its errors', () => {
    const page = referencePage(surfaceOf(planted), words);
    expect(page).to.include('# thing 1.2.3: reference');
    expect(page).to.include('Handed on from xstate, which documents them: `setup`.');
    expect(page).to.include(
      '### make\n\nMakes it.\n\nThrows: `InvalidOption`.\n\n```ts\nexport declare function make(options: Options)',
    );
    expect(page).to.include('- `readonly said: number`: Said.');
    expect(page).to.include("- `'two'`: The second: of two.");
    expect(page).to.include('[Machine](#machine) · [make](#make) · [Options](#options)');
    expect(page).to.include('export declare class Machine implements Runs { … }');
    expect(page)
      .to.include('- `run(): void`: Starts it.')
      .and.not.match(/secret|NeverSeen|#private/);
  });

  it('writes an index with a line for each export', () => {
    const index = referenceIndex(surfaceOf(planted), words);
    expect(index.split('\n').filter((line) => line.startsWith('- `'))).to.deep.equal([
      '- `make` (function): Makes it.',
      '- `Options` (interface): How.',
      '- `Runs` (interface): Runs.',
      '- `Machine` (class): A machine.',
      '- `Word` (type): A word; see `{ a: 1 }`.',
      '- `Plainly` (type): Needs no word more.',
      '- `Together` (type): Put together.',
    ]);
  });
});
