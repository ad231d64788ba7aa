import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { defaultLimits } from '../../lib/core/limits.js';
import { builtSurface } from '../reference/built.js';

const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const items = builtSurface().entries.flatMap((entry) => entry.items);

/** The cells of every table row below a heading, up to the next heading, without the rows that head a table. */
function rowsBelow(heading: string): string[][] {
  const [, below = ''] = readme.split(`\n### ${heading}\n`);
  const lines = (below.split(/\n##/)[0] ?? '').split('\n');
  const isRow = (at: number) => lines[at]?.startsWith('| `') === true && !/^\|-/.test(lines[at + 1] ?? '');
  return lines.filter((_, at) => isRow(at)).map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

/** The names in the first cells: one may name several. */
function namesBelow(heading: string): string[] {
  return rowsBelow(heading).flatMap(([, name = '']) => name.replaceAll('`', '').split(', '));
}

/** The members of these types, without those that say that they are none. */
function membersOf(...types: readonly string[]): string[] {
  const members = types.flatMap((type) => items.find(({ name }) => name === type)?.members ?? []);
  return [
    ...new Set(members.filter(({ signature }) => !signature.endsWith('never')).map(({ name }) => name)),
  ];
}

describe("the README's options", () => {
  it('are those of createCoalition, every one', () => {
    expect(namesBelow('`createCoalition`')).to.have.members(membersOf('CoalitionOptions'));
  });

  it('are those of defineAgent and of a handler’s context, every one', () => {
    const agent = membersOf('AgentSettings', 'AgentOptions', 'CheckedAgentOptions', 'LogicAgentOptions');
    expect(namesBelow('`defineAgent`')).to.have.members([...agent, ...membersOf('AgentContext')]);
  });

  it('are those of submit, submitAll and map, each of the calls that take it', () => {
    const takes: Readonly<Record<string, readonly string[]>> = {
      submit: membersOf('TriesOptions', 'SubmitAllOptions', 'SubmitOptions'),
      submitAll: membersOf('TriesOptions', 'SubmitAllOptions'),
      map: membersOf('TriesOptions', 'MapOptions'),
    };
    const calls = Object.keys(takes);
    for (const call of calls) {
      const told = rowsBelow('`submit`, `submitAll`, `map`').filter(([, , of = '']) =>
        of === 'all' ? true : of.replaceAll('`', '').split(', ').includes(call),
      );
      const names = told.flatMap(([, name = '']) => name.replaceAll('`', '').split(', '));
      expect(names, call).to.have.members([...(takes[call] ?? [])]);
    }
  });

  it('are the limits with their defaults, every one', () => {
    const told = rowsBelow('Limits').map(([, name = '', value = '']) => [
      name.replaceAll('`', ''),
      value.split(' ')[0],
    ]);
    const inForce = Object.entries(defaultLimits).map(([name, value]) => [name, value.toLocaleString('en')]);
    expect(told).to.have.deep.members(inForce);
  });
});
