import { type CallExpression, Visitor } from 'oxc-parser';
import type { Finding, Module } from './source.js';

const FILE_LINES_MAX = 300;
const FUNCTION_LINES_MAX = 40;
const SIZED = /^(lib|actors|examples)\//;

interface Lines {
  readonly first: number;
  readonly last: number;
}

/** Files over 300 lines and functions over 40, in what ships. */
export function checkSizes(modules: readonly Module[]): Finding[] {
  return modules
    .filter(({ path }) => SIZED.test(path))
    .flatMap((module) => [...checkFile(module), ...checkFunctions(module)]);
}

function checkFile({ path, text }: Module): Finding[] {
  const count = text.trimEnd().split('\n').length;
  if (count <= FILE_LINES_MAX) return [];
  return [{ path, line: 1, rule: 'file-size', message: `${count} lines, at most ${FILE_LINES_MAX}` }];
}

/** A chart's configuration (the arguments of `setup` and `createMachine`) is data: its lines do not count. */
function checkFunctions(module: Module): Finding[] {
  const functions: Lines[] = [];
  const charts: Lines[] = [];
  const linesOf = ({ start, end }: { readonly start: number; readonly end: number }): Lines => ({
    first: module.lineAt(start),
    last: module.lineAt(end),
  });
  new Visitor({
    FunctionDeclaration: (node) => functions.push(linesOf(node)),
    FunctionExpression: (node) => functions.push(linesOf(node)),
    ArrowFunctionExpression: (node) => functions.push(linesOf(node)),
    CallExpression: (node) => {
      const [config] = node.arguments;
      if (isChartCall(node) && config !== undefined) charts.push(linesOf(config));
    },
  }).visit(module.program);
  return functions.flatMap((lines) => {
    const count = lengthOf(lines) - sum(charts.filter((chart) => within(chart, lines)).map(lengthOf));
    if (count <= FUNCTION_LINES_MAX) return [];
    const message = `${count} lines, at most ${FUNCTION_LINES_MAX}`;
    return [{ path: module.path, line: lines.first, rule: 'function-size', message }];
  });
}

function isChartCall({ callee }: CallExpression): boolean {
  if (callee.type === 'Identifier') return callee.name === 'setup' || callee.name === 'createMachine';
  return callee.type === 'MemberExpression' && !callee.computed && callee.property.name === 'createMachine';
}

function within(inner: Lines, outer: Lines): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}

function lengthOf({ first, last }: Lines): number {
  return last - first + 1;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
