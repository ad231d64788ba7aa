import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type MeasuredRow, merged, readMeasured, writeMeasured } from './measured.js';
import { pictureOf } from './picture.js';
import { lastMeasured, PICTURE } from './publish.js';
import { withMeasured } from './readme-table.js';

const root = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

function row(fields: Partial<MeasuredRow>): MeasuredRow {
  return {
    suite: 'plane',
    name: 'tasks: some',
    unit: 'tasks/s',
    conclave: 3_150_000,
    peer: 45_100,
    peerName: 'piscina',
    ratio: 69.8,
    limit: null,
    ofLimit: null,
    goals: [{ of: 'peer', atLeast: 25, aim: 60, came: 69.8, reached: 'aim' }],
    ...fields,
  };
}

const machine = 'a machine';
const rows = [
  row({}),
  row({
    name: 'tasks: others',
    ratio: 0.5,
    limit: 4_000_000,
    ofLimit: 0.79,
    goals: [
      { of: 'peer', atLeast: 1, aim: 10 / 7, came: 0.5, reached: 'missed' },
      { of: 'limit', atLeast: 0.7, aim: 1.3, came: 0.79, reached: 'atLeast' },
    ],
  }),
  row({ suite: 'actors', name: 'actors: ask', peerName: 'nact', ratio: 12, goals: [] }),
  row({
    name: 'queue: bytes',
    unit: 'bytes',
    conclave: 64.5,
    peer: null,
    peerName: null,
    ratio: null,
    goals: [{ of: 'figure', atLeast: 100, aim: 60, came: 64.5, reached: 'atLeast' }],
  }),
];
const [first, second, third, fourth] = rows.map(({ name }) => name);

describe('what was measured', () => {
  it('is read as it was written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'conclave-measured-'));
    const path = join(folder, 'measured.jsonl');
    writeMeasured(path, { machine, rows });
    expect(readMeasured(path)).to.deep.equal({ machine, rows });
    rmSync(folder, { recursive: true });
  });

  it('takes the place of the row of that name, and of a whole suite that was played', () => {
    const fresh = [row({ ratio: 2 }), row({ name: 'tasks: new' })];
    const names = (whole: readonly string[]) =>
      merged({ machine: 'old', rows }, { machine, rows: fresh }, whole).rows.map(({ name, ratio }) => [
        name,
        ratio,
      ]);
    expect(names([])).to.deep.equal([
      [first, 2],
      [second, 0.5],
      [third, 12],
      [fourth, null],
      ['tasks: new', 69.8],
    ]);
    expect(names(['plane'])).to.deep.equal([
      [first, 2],
      [third, 12],
      ['tasks: new', 69.8],
    ]);
    expect(merged({ machine: 'old', rows }, { machine, rows: [] }, []).machine).to.equal(machine);
  });

  it('is put into the README, again and again the same', () => {
    const readme =
      'before\n<!-- measured: written by `npm run bench -- --readme` -->\nold\n<!-- measured: end -->\nafter\n';
    const written = withMeasured(readme, { machine, rows }, 'picture.svg');
    expect(written.split('\n').filter((line) => line.startsWith('| '))).to.deep.equal([
      '| work | Conclave | beside | times | to reach | of the limit |',
      '| tasks: some | 3.15 M tasks/s | 45.1 k, piscina | 69.8 × | 25 ×, aim 60 ×: aim reached |  |',
      '| tasks: others | 3.15 M tasks/s | 45.1 k, piscina | 0.5 × | 1 ×, aim 1.43 ×: **missed** | 0.79 ×; 0.7 ×, aim 1.3 ×: reached |',
      '| actors: ask | 3.15 M tasks/s | 45.1 k, nact | 12 × |  |  |',
      '| queue: bytes | 64.5 bytes |  |  | 100 bytes, aim 60 bytes: reached |  |',
    ]);
    expect(written)
      .to.match(/^before\n/)
      .and.to.match(/\nafter\n$/)
      .and.not.to.include('old');
    expect(withMeasured(written, { machine, rows }, 'picture.svg')).to.equal(written);
    expect(() => withMeasured('nothing', { machine, rows }, '')).to.throw('no place for what was measured');
  });

  it('is what the README shows, and nobody has typed', () => {
    const readme = readFileSync(root('README.md'), 'utf8');
    expect(withMeasured(readme, lastMeasured(), PICTURE)).to.equal(readme);
  });
});

describe('the picture of what was measured', () => {
  const marks = (svg: string, label: string) => svg.split(`aria-roledescription="${label}"`).length - 1;

  it('has a bar a row that has a peer, a mark a goal, and an axis that says its unit and is logarithmic', async () => {
    const svg = await pictureOf({ machine, rows });
    expect(marks(svg, 'bar')).to.equal(3);
    expect(svg.split('goal: atLeast').length - 1, 'marks of what is to be reached').to.equal(2);
    expect(svg.split('goal: aim').length - 1, 'marks of aims').to.equal(2);
    expect(svg).to.include("times the peer's speed");
    for (const text of [machine, `${first} (piscina)`, `${third} (nact)`, '69.8 ×', '0.5 ×'])
      expect(svg).to.include(text);
    expect(svg).not.to.include(fourth);
    const ticks = ['0.1', '1', '10', '100'].map((tick) => xOf(svg, tick));
    const steps = ticks.slice(1).map((x, at) => Math.round(x - (ticks[at] ?? 0)));
    expect(new Set(steps).size, `as far from each power of ten to the next: ${steps}`).to.equal(1);
  });

  it('has other colours where the page is dark, one for every colour that it draws with', async () => {
    const svg = await pictureOf({ machine, rows });
    const [, dark = ''] = svg.split('prefers-color-scheme:dark');
    const drawn = new Set([...svg.matchAll(/(?:fill|stroke)="(#\w+)"/g)].map(([, colour = '']) => colour));
    expect(
      [...drawn].filter((colour) => !dark.includes(`="${colour}"]`) && colour !== '#8c959f'),
    ).to.deep.equal([]);
  });

  it('is the one that the README shows, of the rows that were measured', () => {
    const svg = readFileSync(root(PICTURE), 'utf8');
    expect(marks(svg, 'bar')).to.equal(lastMeasured().rows.filter(({ ratio }) => ratio !== null).length);
    expect(readFileSync(root('README.md'), 'utf8')).to.include(`](${PICTURE})`);
  });
});

/** Where the label of a tick stands. */
function xOf(svg: string, label: string): number {
  const [, x] =
    new RegExp(`translate\\(([\\d.]+),[\\d.]+\\)"[^>]*>${label.replace('.', '\\.')}</text>`).exec(svg) ?? [];
  return Number(x);
}
