import type { Declaration, ModuleExportName, Statement } from 'oxc-parser';
import { resolveImport } from './imports.js';
import type { Finding, Module } from './source.js';

/** Where a name leads: to a declaration of this module, or to a name of another. */
export type Source = { readonly statement: Statement } | { readonly from: string; readonly name: string };

/** Modules by path. */
export type Tree = Pick<ReadonlyMap<string, Module>, 'get'>;

/** Names that an entry exports, directly or through re-exports, without a doc comment where they are declared. */
export function checkDocs(modules: readonly Module[], entries: readonly string[]): Finding[] {
  const tree = new Map(modules.map((module) => [module.path, module]));
  return entries.flatMap((entry) => {
    const module = tree.get(entry);
    if (module === undefined) return [finding(entry, 1, 'this entry is missing')];
    return [...exportedNames(tree, module)].flatMap((name) => checkName(tree, module, name));
  });
}

function checkName(tree: Tree, module: Module, name: string): Finding[] {
  const sources = sourcesOf(module, name);
  const statements = sources.flatMap((source) => ('statement' in source ? [source.statement] : []));
  const [first] = statements;
  if (first !== undefined) {
    if (statements.some((statement) => isDocumented(module, statement))) return [];
    return [finding(module.path, module.lineAt(first.start), `${name} has no doc comment`)];
  }
  const next = [...sources, ...starsOf(module).map((from) => ({ from, name }))].flatMap((source) => {
    const target = 'from' in source ? tree.get(resolveImport(module.path, source.from) ?? '') : undefined;
    return target !== undefined && 'name' in source ? [{ target, name: source.name }] : [];
  });
  return next.flatMap((source) => checkName(tree, source.target, source.name));
}

/** The names that a module exports, those of its stars included. */
export function exportedNames(tree: Tree, module: Module): Set<string> {
  const names = module.program.body.flatMap((statement) =>
    statement.type === 'ExportNamedDeclaration'
      ? [
          ...statement.specifiers.map(({ exported }) => nameOf(exported)),
          ...(statement.declaration === null ? [] : declaredNames(statement.declaration)),
        ]
      : [],
  );
  const starred = starsOf(module).flatMap((from) => {
    const target = tree.get(resolveImport(module.path, from) ?? '');
    return target === undefined ? [] : [...exportedNames(tree, target)];
  });
  return new Set([...names, ...starred]);
}

/** The modules all of whose exports a module exports. */
export function starsOf(module: Module): string[] {
  return module.program.body.flatMap((statement) =>
    statement.type === 'ExportAllDeclaration' ? [statement.source.value] : [],
  );
}

/** Where an exported (or, through `export { x }`, a local) name of a module comes from. */
export function sourcesOf(module: Module, name: string): Source[] {
  return module.program.body.flatMap((statement): Source[] => {
    if (statement.type === 'ImportDeclaration')
      return statement.specifiers.flatMap((item) =>
        item.local.name === name && item.type === 'ImportSpecifier'
          ? [{ from: statement.source.value, name: nameOf(item.imported) }]
          : [],
      );
    if (statement.type !== 'ExportNamedDeclaration')
      return declaredNames(statement).includes(name) ? [{ statement }] : [];
    if (statement.declaration !== null)
      return declaredNames(statement.declaration).includes(name) ? [{ statement }] : [];
    return statement.specifiers.flatMap((item) => {
      if (nameOf(item.exported) !== name) return [];
      const local = nameOf(item.local);
      if (statement.source !== null) return [{ from: statement.source.value, name: local }];
      return local === name ? [] : sourcesOf(module, local);
    });
  });
}

function declaredNames(node: Statement | Declaration): string[] {
  switch (node.type) {
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
      return node.id === null ? [] : [node.id.name];
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return [node.id.name];
    default:
      return [];
  }
}

function nameOf(name: ModuleExportName): string {
  return name.type === 'Literal' ? name.value : name.name;
}

function isDocumented(module: Module, { start }: Statement): boolean {
  return module.comments.some(
    (comment) =>
      comment.type === 'Block' &&
      comment.value.startsWith('*') &&
      comment.end <= start &&
      module.text.slice(comment.end, start).trim() === '',
  );
}

function finding(path: string, line: number, message: string): Finding {
  return { path, line, rule: 'docstring', message };
}
