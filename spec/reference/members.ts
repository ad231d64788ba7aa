import type { ClassElement, Expression, PropertyKey, Statement, TSSignature, TSType } from 'oxc-parser';
import { type Declared, docBefore } from './declared.js';

/** A property, a method or an option that a user can reach. */
export interface Member {
  /** As it is written after the name of its owner: `submit`, `[Symbol.asyncDispose]`, `options.graceMs`. */
  readonly name: string;
  /** On one line. */
  readonly signature: string;
  readonly doc: string | undefined;
  /** Members that tell variants apart (`type: 'OPEN'`, `logic?: never`) say themselves what they are. */
  readonly isLiteral: boolean;
}

type Node = ClassElement | TSSignature;

/** The public members of a class, an interface or an object type, or the words of a type, in order; overloads count as one. */
export function membersOf(declared: Declared): Member[] {
  const members = [
    ...declared.statements.flatMap(bodyOf).flatMap((node) => memberOf(declared, node)),
    ...wordsOf(declared),
  ];
  return members.filter(({ name }, at) => members.findIndex((member) => member.name === name) === at);
}

/** The nodes of a declaration that a user can see: what is private or marked `@internal` is not among them. */
export function publicNodes(declared: Declared): Node[] {
  return declared.statements.flatMap(bodyOf).filter((node) => isPublic(declared, node));
}

function bodyOf(statement: Statement): Node[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  switch (declaration?.type) {
    case 'ClassDeclaration':
      return declaration.body.body;
    case 'TSInterfaceDeclaration':
      return declaration.body.body;
    case 'TSTypeAliasDeclaration':
      return literalsIn(declaration.typeAnnotation);
    default:
      return [];
  }
}

/** The members of the object types that a type is put together from. */
function literalsIn(type: TSType): TSSignature[] {
  if (type.type === 'TSTypeLiteral') return type.members;
  if (type.type === 'TSUnionType' || type.type === 'TSIntersectionType')
    return type.types.flatMap(literalsIn);
  return type.type === 'TSParenthesizedType' ? literalsIn(type.typeAnnotation) : [];
}

/** The words that a type is one of, where they are explained: then each must be. */
function wordsOf({ module, statements }: Declared): Member[] {
  const words = statements.flatMap(literalTypesOf).map(({ start, end }) => {
    const name = module.text.slice(start, end);
    return { name, signature: name, doc: docBefore(module, start), isLiteral: false };
  });
  return words.some(({ doc }) => doc !== undefined) ? words : [];
}

function literalTypesOf(statement: Statement): TSType[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (declaration?.type !== 'TSTypeAliasDeclaration') return [];
  const { typeAnnotation } = declaration;
  return typeAnnotation.type === 'TSUnionType'
    ? typeAnnotation.types.filter(({ type }) => type === 'TSLiteralType')
    : [];
}

function isPublic({ module }: Declared, node: Node): boolean {
  if ('accessibility' in node && (node.accessibility === 'private' || node.accessibility === 'protected'))
    return false;
  if ('key' in node && node.key.type === 'PrivateIdentifier') return false;
  return docBefore(module, node.start)?.includes('@internal') !== true;
}

function memberOf(declared: Declared, node: Node): Member[] {
  const name = nameOf(declared, node);
  if (name === undefined || !isPublic(declared, node)) return [];
  const { module } = declared;
  const signature = module.text
    .slice(node.start, node.end)
    .replaceAll(/\/\*\*.*?\*\//gs, '')
    .replaceAll(/\s+/g, ' ');
  return [
    {
      name,
      signature: signature.replace(/;$/, '').trim(),
      doc: docBefore(module, node.start),
      isLiteral: isLiteral(node),
    },
  ];
}

/** A call or an index signature has no name: the type that it makes is documented as a whole. */
function nameOf({ module }: Declared, node: Node): string | undefined {
  switch (node.type) {
    case 'PropertyDefinition':
    case 'MethodDefinition':
    case 'TSPropertySignature':
    case 'TSMethodSignature':
      return node.computed ? symbolText(module.text.slice(node.key.start, node.key.end)) : keyText(node.key);
    default:
      return undefined;
  }
}

/** A well-known symbol can be reached; any other is a brand, for the compiler alone. */
function symbolText(key: string): string | undefined {
  return key.startsWith('Symbol.') ? `[${key}]` : undefined;
}

function keyText(key: PropertyKey | Expression): string | undefined {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? String(key.value) : undefined;
}

function isLiteral(node: Node): boolean {
  const annotation = 'typeAnnotation' in node ? node.typeAnnotation : null;
  if (annotation?.type !== 'TSTypeAnnotation') return false;
  const { type } = annotation.typeAnnotation;
  return type === 'TSLiteralType' || type === 'TSNeverKeyword';
}
