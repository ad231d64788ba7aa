import type { Declared } from './declared.js';
import { publicNodes } from './members.js';

/** The names of types and values that the visible part of a declaration mentions, with import types resolved apart. */
export interface Mentioned {
  readonly name: string;
  /** The module of an `import('…')` type; undefined for a name of the module itself. */
  readonly from: string | undefined;
}

/** What a reader of this declaration may want to look up next. */
export function mentionsOf(declared: Declared): Mentioned[] {
  const visible = publicNodes(declared);
  const hasBody = visible.length > 0;
  const found = new Map<string, Mentioned>();
  const add = (name: string, from?: string) => found.set(`${from ?? ''}#${name}`, { name, from });
  const roots = hasBody ? [...visible, ...declared.statements.map(headOf)] : declared.statements;
  for (const node of roots.flatMap((root) => [...nodesIn(root)])) addMention(node, add);
  return [...found.values()];
}

/** A declaration without its body: its type parameters and what it extends; of a type that is put together, all of it. */
function headOf(statement: unknown): unknown {
  const declaration = fieldOf(statement, 'declaration') ?? statement;
  if (fieldOf(declaration, 'type') === 'TSTypeAliasDeclaration') return declaration;
  return ['typeParameters', 'superClass', 'superTypeArguments', 'implements', 'extends'].map((name) =>
    fieldOf(declaration, name),
  );
}

function addMention(node: object, add: (name: string, from?: string) => void): void {
  const type = fieldOf(node, 'type');
  if (type === 'TSTypeReference') addName(fieldOf(node, 'typeName'), add);
  else if (type === 'TSTypeQuery') addName(fieldOf(node, 'exprName'), add);
  else if (type === 'TSInterfaceHeritage' || type === 'TSClassImplements')
    addName(fieldOf(node, 'expression'), add);
  else if (type === 'TSImportType')
    addName(fieldOf(node, 'qualifier'), add, textOf(fieldOf(fieldOf(node, 'source'), 'value')));
}

function addName(node: unknown, add: (name: string, from?: string) => void, from?: string): void {
  const name = textOf(fieldOf(node, 'name'));
  if (name !== undefined) add(name, from);
}

/** Every node of a syntax tree. */
function* nodesIn(value: unknown): Generator<object> {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value) yield value;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
