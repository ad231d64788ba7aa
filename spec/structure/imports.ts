import { posix } from 'node:path';
import { type Expression, Visitor } from 'oxc-parser';
import type { Module } from './source.js';

/** A module that another names: by value or by type, statically or not. `new URL(…)` names a file, no import. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** Every import of a module whose name is written out: `import`, `export … from`, `import()`, `require()`, types. */
export function importsOf(module: Module): Import[] {
  const found: Import[] = [];
  const add = (specifier: string | undefined, offset: number) => {
    if (specifier !== undefined) found.push({ specifier, line: module.lineAt(offset) });
  };
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start),
    ExportAllDeclaration: (node) => add(node.source.value, node.start),
    ExportNamedDeclaration: (node) => add(node.source?.value, node.start),
    ImportExpression: (node) => add(literalText(node.source), node.start),
    TSImportType: (node) => add(node.source.value, node.start),
    TSExternalModuleReference: (node) => add(node.expression.value, node.start),
    CallExpression: (node) => {
      const [first] = node.arguments;
      const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require';
      if (isRequire && first !== undefined && first.type !== 'SpreadElement')
        add(literalText(first), node.start);
    },
  }).visit(module.program);
  return found;
}

/** The path in the tree that a relative specifier stands for; undefined for a package or a built-in. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier)).replace(/\.js$/, '.ts');
}

/** The text of a string literal or of a template without holes. */
function literalText(node: Expression): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}
