import { goalWords } from './goals.js';
import type { RowResult } from './row.js';

const HEAD = ['row', 'unit', 'conclave', 'peer', 'ratio', 'limit', 'of limit', 'goals'] as const;

/** For a terminal: the names on the left, figures on the right, a dash where there is nothing to compare with. */
export function tableOf(results: readonly RowResult[]): string {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const render = (line: readonly string[]) =>
    line
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd();
  return `${lines.map(render).join('\n')}\n`;
}

function cells(result: RowResult): string[] {
  const { name, unit, conclave, peer, peerName, ratio, limit, ofLimit, goals } = result;
  const other = peer === null ? '-' : `${grouped(peer)} (${peerName})`;
  return [
    name,
    unit,
    grouped(conclave),
    other,
    times(ratio),
    limit === null ? '-' : grouped(limit),
    times(ofLimit),
    goals.map((goal) => goalWords(goal, unit)).join('; '),
  ];
}

function pad(cell: string, width: number, column: number): string {
  return column < 2 || column === HEAD.length - 1 ? cell.padEnd(width) : cell.padStart(width);
}

function grouped(figure: number): string {
  return figure.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function times(ratio: number | null): string {
  return ratio === null ? '-' : `${ratio} x`;
}
