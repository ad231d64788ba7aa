import { type Expression, Visitor } from 'oxc-parser';
import type { Finding, Module } from './source.js';

const VAGUE = /^(utils?|helpers?|managers?|misc)$/i;

/** Files and folders named after no concept. */
export function checkNames(paths: readonly string[]): Finding[] {
  return paths
    .filter((path) => path.split(/[/.\-_]/).some((word) => VAGUE.test(word)))
    .map((path) => ({ path, line: 1, rule: 'name', message: 'name the file after its main export' }));
}

/** Files of actors/ that export no chart: what is no actor lives in lib/. */
export function checkCharts(modules: readonly Module[]): Finding[] {
  return modules
    .filter((module) => module.path.startsWith('actors/') && !exportsChart(module))
    .map(({ path }) => ({
      path,
      line: 1,
      rule: 'chart',
      message: 'exports no chart: it calls neither createMachine nor a factory named …Chart',
    }));
}

/** Whether an exported declaration makes a chart: calls `createMachine`, or a sibling's factory, named `…Chart`. */
function exportsChart(module: Module): boolean {
  const spans = module.program.body.filter(({ type }) => type === 'ExportNamedDeclaration');
  let found = false;
  new Visitor({
    CallExpression: ({ callee, start }) => {
      if (!makesChart(callee)) return;
      if (spans.some((span) => span.start <= start && start < span.end)) found = true;
    },
  }).visit(module.program);
  return found;
}

function makesChart(callee: Expression): boolean {
  if (callee.type === 'Identifier') return callee.name.endsWith('Chart');
  return callee.type === 'MemberExpression' && !callee.computed && callee.property.name === 'createMachine';
}
