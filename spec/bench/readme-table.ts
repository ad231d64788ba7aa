import type { Measured, MeasuredRow } from './measured.js';
import type { GoalResult } from './row.js';

const BEGIN = '<!-- measured: written by `npm run bench -- --readme` -->';
const END = '<!-- measured: end -->';
const HEAD = '| work | Conclave | beside | times | to reach | of the limit |\n|---|---|---|---|---|---|';
const MARKS = { aim: 'aim reached', atLeast: 'reached', missed: '**missed**' } as const;

/** The README with what was measured in its place. @throws where it has no such place. */
export function withMeasured(readme: string, measured: Measured, picture: string): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from)
    throw new Error(`The README has no place for what was measured: ${BEGIN} … ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n\n${sectionOf(measured, picture)}\n${readme.slice(to)}`;
}

/** The picture, what it was measured on, and the table. */
function sectionOf({ machine, rows }: Measured, picture: string): string {
  return [
    `![Conclave beside its peers, in times of their speed](${picture})`,
    '',
    `Measured on ${machine}.`,
    '',
    HEAD,
    ...rows.map(lineOf),
    '',
  ].join('\n');
}

function lineOf(row: MeasuredRow): string {
  const { name, unit, conclave, peer, peerName, ratio, ofLimit, goals } = row;
  const cells = [
    name,
    `${short(conclave, unit)} ${unit}`,
    peer === null ? '' : `${short(peer, unit)}, ${peerName}`,
    ratio === null ? '' : `${ratio} ×`,
    goals
      .filter(({ of }) => of !== 'limit')
      .map((goal) => goalOf(goal, unit))
      .join('; '),
    ofLimit === null
      ? ''
      : [`${ofLimit} ×`, ...goals.filter(({ of }) => of === 'limit').map((goal) => goalOf(goal, unit))].join(
          '; ',
        ),
  ];
  return `| ${cells.join(' | ')} |`;
}

function goalOf({ of, atLeast, aim, reached }: GoalResult, unit: string): string {
  const suffix = of === 'figure' ? ` ${unit}` : ' ×';
  return `${threeDigits(atLeast)}${suffix}, aim ${threeDigits(aim)}${suffix}: ${MARKS[reached]}`;
}

/** '3.15 M', '45.1 k', '36.2': three digits count. Thousands of a time or of bytes would be another unit. */
function short(figure: number, unit: string): string {
  if (!unit.endsWith('/s')) return figure.toLocaleString('en-US');
  if (figure >= 1e6) return `${threeDigits(figure / 1e6)} M`;
  if (figure >= 1e4) return `${threeDigits(figure / 1e3)} k`;
  return figure.toLocaleString('en-US');
}

function threeDigits(figure: number): string {
  return String(Number(figure.toPrecision(3)));
}
