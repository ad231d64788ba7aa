import type { EntrySurface, Item, Surface } from './surface.js';
import { docOf } from './undocumented.js';

/** What stands on the pages beside the surface. */
export interface PackageWords {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** One page with everything: each export with its declaration, its promise, and its members with theirs. */
export function referencePage(surface: Surface, words: PackageWords): string {
  const byName = namesOf(surface);
  const sections = surface.entries.map((entry) => entrySection(entry, byName));
  const mentioned = surface.mentioned.map((item) => itemSection(item, byName));
  return `${[
    `# ${words.name} ${words.version}: reference`,
    `${words.description} Everything that can be imported, entry by entry, with promise, units and errors. Written by the build from the declarations that ship, so it says what the compiler says.`,
    ...sections,
    '## Mentioned, not exported',
    'Types that the above mention and nobody writes by name: the compiler infers them.',
    ...(mentioned.length === 0 ? [] : [contentsOf(surface.mentioned)]),
    ...mentioned,
  ].join('\n\n')}\n`;
}

/** The index for machines (llmstxt.org): what the package is, where the page is, and a line for each export. */
export function referenceIndex(surface: Surface, words: PackageWords): string {
  const sections = surface.entries.map(({ specifier, items }) =>
    [`## ${specifier}`, items.map(indexLine).join('\n') || 'Nothing yet.'].join('\n\n'),
  );
  return `${[
    `# ${words.name}`,
    `> ${words.description}`,
    '- [REFERENCE.md](REFERENCE.md): every export with declaration, promise, units and errors\n' +
      '- [README.md](../README.md): how to start, and what is promised\n' +
      '- [ARCHITECTURE.md](../ARCHITECTURE.md): how the inside hangs together',
    ...sections,
  ].join('\n\n')}\n`;
}

function indexLine(item: Item): string {
  return `- \`${item.name}\` (${kindOf(item)}): ${firstSentence(item.doc ?? '')}`;
}

function entrySection(
  { specifier, items, foreign }: EntrySurface,
  byName: ReadonlyMap<string, Item>,
): string {
  const names = foreign.map(({ name }) => `\`${name}\``).join(', ');
  const packages = [...new Set(foreign.map(({ packageName }) => packageName))].join(', ');
  return [
    `## ${specifier}`,
    ...(foreign.length === 0 ? [] : [`Handed on from ${packages}, which documents them: ${names}.`]),
    ...(items.length + foreign.length === 0 ? ['Nothing yet.'] : []),
    ...(items.length === 0 ? [] : [contentsOf(items)]),
    ...items.map((item) => itemSection(item, byName)),
  ].join('\n\n');
}

/** Links to the sections of these, by name. */
function contentsOf(items: readonly Item[]): string {
  const names = items.map(({ name }) => name).sort((left, right) => left.localeCompare(right, 'en'));
  return names.map((name) => `[${name}](#${name.toLowerCase()})`).join(' · ');
}

function itemSection(item: Item, byName: ReadonlyMap<string, Item>): string {
  const members = item.members.map(({ name, signature }) => {
    const doc = docOf(item, name, byName);
    return `- \`${signature}\`${doc === undefined ? '' : `: ${oneLine(doc)}`}`;
  });
  return [
    `### ${item.name}`,
    ...(item.doc === undefined ? [] : [paragraphs(item.doc)]),
    `\`\`\`ts\n${declarationOf(item)}\n\`\`\``,
    ...(members.length === 0 ? [] : [members.join('\n')]),
  ].join('\n\n');
}

/** The declaration as the compiler wrote it; of what has members only the head, as they follow in a list. */
function declarationOf(item: Item): string {
  const { module, statements } = item.declared;
  const texts = statements.map(({ start, end }) =>
    module.text.slice(start, end).replaceAll(/\s*\/\*\*.*?\*\//gs, ''),
  );
  if (item.members.length === 0 || kindOf(item) === 'type') return texts.join('\n');
  return texts.map((text) => `${text.slice(0, text.indexOf('{')).trim()} { … }`).join('\n');
}

function kindOf({ declared }: Item): string {
  const [statement] = declared.statements;
  const declaration = statement?.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  const kinds: Readonly<Record<string, string>> = {
    ClassDeclaration: 'class',
    TSInterfaceDeclaration: 'interface',
    TSTypeAliasDeclaration: 'type',
    VariableDeclaration: 'const',
  };
  return kinds[declaration?.type ?? ''] ?? 'function';
}

function namesOf({ entries, mentioned }: Surface): ReadonlyMap<string, Item> {
  return new Map([...entries.flatMap(({ items }) => items), ...mentioned].map((item) => [item.name, item]));
}

/** `@throws` as a sentence of its own, for readers who know no tags. */
function paragraphs(doc: string): string {
  return doc.replaceAll(/\s*@throws\s+/g, '\n\nThrows: ');
}

function oneLine(doc: string): string {
  return paragraphs(doc).replaceAll(/\s+/g, ' ').trim();
}

function firstSentence(doc: string): string {
  const line = oneLine(doc);
  const withoutCode = line.replaceAll(/`[^`]*`/g, (code) => '-'.repeat(code.length));
  const end = /[.:](?= |$)/.exec(withoutCode)?.index ?? line.length;
  return `${line.slice(0, end)}.`;
}
