import type { TopLevelSpec } from 'vega-lite';
import type { Measured, MeasuredRow } from './measured.js';

/*
 * The picture of the README: a bar a row, how many times as fast as its peer, on a logarithmic axis, with marks for what
 * is to be reached. Colours stand both on a light and on a dark page: the picture brings its own ground for each.
 */

const TITLE = 'Conclave beside its peers';
const INK = '#1f2328';
const FAINT = '#d0d7de';
const GROUND = '#ffffff';
const COLOURS = { aim: '#0550ae', atLeast: '#54aeff', missed: '#bc4c00', none: '#8c959f' } as const;
const WORDS = { aim: 'aim reached', atLeast: 'reached', missed: 'missed', none: 'no goal set' } as const;
const DARK: Readonly<Record<string, string>> = {
  [INK]: '#e6edf3',
  [FAINT]: '#3d444d',
  [GROUND]: '#0d1117',
  [COLOURS.aim]: '#79c0ff',
  [COLOURS.atLeast]: '#1f6feb',
  [COLOURS.missed]: '#db6d28',
};

interface Bar {
  readonly row: string;
  readonly ratio: number;
  readonly label: string;
  readonly reached: string;
  readonly atLeast: number | null;
  readonly aim: number | null;
}

/** Of the rows that have a peer, as SVG. */
export async function pictureOf(measured: Measured): Promise<string> {
  const { compile } = await import('vega-lite');
  const { parse, View } = await import('vega');
  const view = new View(parse(compile(chartOf(measured)).spec), { renderer: 'none' });
  return withDark(await view.toSVG());
}

function barOf({ name, peerName, ratio, goals }: MeasuredRow): Bar {
  const goal = goals.find(({ of }) => of === 'peer');
  return {
    row: `${name} (${peerName})`,
    ratio: ratio ?? Number.NaN,
    label: `${ratio} ×`,
    reached: WORDS[goal?.reached ?? 'none'],
    atLeast: goal?.atLeast ?? null,
    aim: goal?.aim ?? null,
  };
}

function chartOf({ machine, rows }: Measured): TopLevelSpec {
  const values = rows.filter(({ ratio }) => ratio !== null).map(barOf);
  const domain = domainOf(values);
  const y = { field: 'row', type: 'nominal' as const, sort: null, title: null };
  const x = (field: string) => ({ field, type: 'quantitative' as const });
  const mark = (field: 'atLeast' | 'aim', thickness: number) => ({
    transform: [{ filter: `isValid(datum.${field})` }],
    mark: {
      type: 'tick' as const,
      color: INK,
      stroke: GROUND,
      strokeWidth: 0.75,
      opacity: 1,
      thickness,
      size: 16,
      description: `goal: ${field}`,
    },
    encoding: { y, x: x(field) },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: GROUND,
    padding: 12,
    width: 460,
    height: { step: 22 },
    title: {
      text: TITLE,
      subtitle: [
        machine,
        'One run, a process a side, medians of interleaved rounds. Thick mark: to reach; thin mark: aim.',
      ],
      anchor: 'start',
    },
    data: { values },
    layer: [
      {
        mark: { type: 'bar', height: 14 },
        encoding: {
          y: { ...y, axis: { labelLimit: 700, ticks: false, domain: false, labelPadding: 8 } },
          x: {
            ...x('ratio'),
            scale: { type: 'log', domain },
            title: "times the peer's speed (log scale; 1 is as fast)",
            axis: { format: '~r', values: powersWithin(domain), gridColor: FAINT },
          },
          x2: { datum: 1 },
          color: {
            field: 'reached',
            type: 'nominal',
            title: null,
            scale: { domain: Object.values(WORDS), range: Object.values(COLOURS) },
            legend: { orient: 'top' },
          },
        },
      },
      mark('atLeast', 4),
      mark('aim', 2),
      {
        mark: { type: 'text', align: 'right', dx: 56, color: INK },
        encoding: { y, x: { value: 'width' }, text: { field: 'label' } },
      },
    ],
    config: {
      font: 'system-ui, sans-serif',
      view: { stroke: null },
      axis: { labelColor: INK, titleColor: INK, domainColor: FAINT, tickColor: FAINT },
      legend: { labelColor: INK },
      title: { color: INK, subtitleColor: INK, fontSize: 15, subtitleFontSize: 11 },
    },
  };
}

/** Whole powers of ten around everything that is drawn. */
function domainOf(bars: readonly Bar[]): [number, number] {
  const drawn = bars.flatMap(({ ratio, atLeast, aim }) => [ratio, atLeast ?? 1, aim ?? 1]);
  const power = (figure: number, round: (exponent: number) => number) => 10 ** round(Math.log10(figure));
  return [power(Math.min(1, ...drawn), Math.floor), power(Math.max(10, ...drawn), Math.ceil)];
}

/** The powers of ten from one end to the other. */
function powersWithin([least, most]: readonly [number, number]): number[] {
  const first = Math.log10(least);
  return Array.from({ length: Math.round(Math.log10(most) - first) + 1 }, (_, at) => 10 ** (first + at));
}

/** On a page that is dark each colour gives way to its counterpart. */
function withDark(svg: string): string {
  const rules = Object.entries(DARK).map(
    ([light, dark]) => `[fill="${light}"]{fill:${dark}}[stroke="${light}"]{stroke:${dark}}`,
  );
  const style = `<style>@media(prefers-color-scheme:dark){${rules.join('')}}</style>`;
  return svg.replace(/(<svg[^>]*>)/, `$1<title>${TITLE}</title>${style}`);
}
