import type { Item, Surface } from './surface.js';

/**
 * What a user can reach and no doc comment explains, a line each: exports, the types that they mention, and the
 * members of both. A member of a class counts as documented where an interface that the class implements says it;
 * a member of a literal type says itself what it is.
 */
export function undocumented(surface: Surface): string[] {
  const items = [...surface.entries.flatMap((entry) => entry.items), ...surface.mentioned];
  const byName = new Map(items.map((item) => [item.name, item]));
  const lines = items.flatMap((item) => [
    ...(item.doc === undefined ? [`${item.path}: ${item.name}`] : []),
    ...item.members
      .filter(
        (member) =>
          !member.isLiteral &&
          member.name !== 'constructor' &&
          docOf(item, member.name, byName) === undefined,
      )
      .map((member) => `${item.path}: ${item.name}.${member.name}`),
  ]);
  return [...new Set(lines)];
}

/** The doc of a member: its own, or that of the same member of what the item implements or extends. */
export function docOf(item: Item, name: string, byName: ReadonlyMap<string, Item>): string | undefined {
  const own = item.members.find((member) => member.name === name);
  if (own?.doc !== undefined) return own.doc;
  for (const parent of parentsOf(item)) {
    const above = byName.get(parent);
    const doc = above === undefined ? undefined : docOf(above, name, byName);
    if (doc !== undefined) return doc;
  }
  return undefined;
}

function parentsOf({ declared }: Item): string[] {
  return declared.statements.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type === 'ClassDeclaration')
      return (declaration.implements ?? []).map(({ expression }) =>
        'name' in expression ? expression.name : '',
      );
    if (declaration?.type !== 'TSInterfaceDeclaration') return [];
    return declaration.extends.map(({ expression }) => ('name' in expression ? String(expression.name) : ''));
  });
}
