import {
  type BindingPattern,
  type Expression,
  type ImportDeclaration,
  type ObjectPattern,
  type PropertyKey,
  Visitor,
} from 'oxc-parser';
import type { Finding, Module } from './source.js';

type Ambience = 'clock' | 'random' | 'ids';

/** The one module that may touch time, chance or names; everything else is given them. */
const adapters: Record<Ambience, string> = {
  clock: 'lib/core/clock.ts',
  random: 'lib/core/random.ts',
  ids: 'lib/core/ids.ts',
};

const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate']);
const GLOBALS = new Set(['globalThis', 'global']);

/** Members of global objects that read time, chance or make names. */
const members: Readonly<Record<string, Readonly<Record<string, Ambience>>>> = {
  Date: { now: 'clock' },
  performance: { now: 'clock', timeOrigin: 'clock' },
  process: { hrtime: 'clock', uptime: 'clock' },
  AbortSignal: { timeout: 'clock' },
  Math: { random: 'random' },
};

/** Names that mean one thing wherever they hang: `crypto`, `webcrypto`, a namespace import. */
const anywhere: Readonly<Record<string, Ambience>> = {
  randomUUID: 'ids',
  randomBytes: 'random',
  randomInt: 'random',
  randomFillSync: 'random',
  getRandomValues: 'random',
};

/** Holding one of these under another name would hide what is read from it. */
const unaliasable: Readonly<Record<string, Ambience>> = {
  Date: 'clock',
  performance: 'clock',
  Math: 'random',
  crypto: 'ids',
  globalThis: 'clock',
};

const modulesOfAmbience: Readonly<Record<string, Ambience>> = {
  timers: 'clock',
  'timers/promises': 'clock',
  perf_hooks: 'clock',
  nanoid: 'ids',
};

/* An example is a user's program: its handlers may sleep as users' do, on a promise. */
const PROMISED_TIMERS = 'node:timers/promises';

/**
 * Uses of time, chance and ids beside the one adapter of each, in lib/, actors/ and examples/: called, read,
 * taken apart (`const { now } = Date`) or held under another name. It follows no value through a function.
 */
export function checkAmbience(modules: readonly Module[]): Finding[] {
  return modules.filter(({ path }) => !path.startsWith('spec/')).flatMap((module) => [...usesIn(module)]);
}

function usesIn(module: Module): Finding[] {
  const found: Finding[] = [];
  const report = (ambience: Ambience | undefined, offset: number, what: string) => {
    if (ambience === undefined || adapters[ambience] === module.path) return;
    const message = `${what}: take ${ambience} as a parameter (${adapters[ambience]})`;
    found.push({ path: module.path, line: module.lineAt(offset), rule: 'ambience', message });
  };
  /* Names that are no reference to a global: keys and members, known before they are visited. */
  const keys = new Set<number>();
  const imported = new Set<string>();
  const skipKey = (node: { readonly key: PropertyKey; readonly computed: boolean }) => {
    if (!node.computed) keys.add(node.key.start);
  };
  const bind = (pattern: BindingPattern, source: Expression | null) => {
    if (source === null) return;
    const name = globalName(source);
    if (name === undefined) return;
    if (pattern.type === 'ObjectPattern') {
      for (const key of keysOf(pattern)) {
        const held = GLOBALS.has(name) ? ownValue(unaliasable, key) : undefined;
        report(held ?? ambienceOf(name, key), pattern.start, `${name}.${key}`);
      }
    } else report(ownValue(unaliasable, name), pattern.start, `${name} under another name`);
  };

  new Visitor({
    ImportDeclaration: (node) => reportImport(node, module.path, report),
    ImportSpecifier: (node) => {
      for (const name of [node.imported, node.local]) keys.add(name.start);
      imported.add(node.local.name);
    },
    VariableDeclarator: (node) => bind(node.id, node.init),
    AssignmentPattern: (node) => bind(node.left, node.right),
    Property: (node) => {
      if (!node.shorthand) skipKey(node);
    },
    MethodDefinition: skipKey,
    PropertyDefinition: skipKey,
    TSPropertySignature: skipKey,
    TSMethodSignature: skipKey,
    TSTypeQuery: (node) => keys.add(node.exprName.start),
    MemberExpression: (node) => {
      const property = memberName(node);
      if (!node.computed) keys.add(node.property.start);
      if (property === undefined) return;
      const object = globalName(node.object);
      const ambience =
        ownValue(anywhere, property) ?? (object === undefined ? undefined : ambienceOf(object, property));
      report(ambience, node.start, `${object ?? '…'}.${property}`);
    },
    NewExpression: (node) => {
      if (globalName(node.callee) === 'Date' && node.arguments.length === 0)
        report('clock', node.start, 'new Date()');
    },
    CallExpression: (node) => {
      if (globalName(node.callee) === 'Date') report('clock', node.start, 'Date()');
    },
    Identifier: (node) => {
      if (!TIMERS.has(node.name) || imported.has(node.name) || keys.has(node.start)) return;
      keys.add(node.start);
      report('clock', node.start, node.name);
    },
  }).visit(module.program);
  return found;
}

type Report = (ambience: Ambience | undefined, offset: number, what: string) => void;

function reportImport(node: ImportDeclaration, path: string, report: Report): void {
  const specifier = node.source.value;
  if (node.importKind === 'type') return;
  if (path.startsWith('examples/') && specifier === PROMISED_TIMERS) return;
  report(ownValue(modulesOfAmbience, specifier.replace(/^node:/, '')), node.start, `import of ${specifier}`);
  for (const item of node.specifiers) {
    const name = item.type === 'ImportSpecifier' && 'name' in item.imported ? item.imported.name : undefined;
    if (name !== undefined) report(ownValue(anywhere, name), node.start, `import of ${name}`);
  }
}

function ambienceOf(object: string, member: string): Ambience | undefined {
  if (GLOBALS.has(object)) return TIMERS.has(member) ? 'clock' : undefined;
  const row = Object.hasOwn(members, object) ? members[object] : undefined;
  return row === undefined ? ownValue(anywhere, member) : ownValue(row, member);
}

/** The global that an expression names: `Date`, `globalThis.Date`, `(Date)`. */
function globalName(node: Expression): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'ParenthesizedExpression') return globalName(node.expression);
  if (node.type !== 'MemberExpression') return undefined;
  return node.object.type === 'Identifier' && GLOBALS.has(node.object.name) ? memberName(node) : undefined;
}

function memberName(node: Extract<Expression, { type: 'MemberExpression' }>): string | undefined {
  if (node.computed)
    return node.property.type === 'Literal' && typeof node.property.value === 'string'
      ? node.property.value
      : undefined;
  return node.property.name;
}

function keysOf(pattern: ObjectPattern): string[] {
  return pattern.properties.flatMap((property) =>
    property.type === 'Property' && property.key.type === 'Identifier' ? [property.key.name] : [],
  );
}

function ownValue(table: Readonly<Record<string, Ambience>>, key: string): Ambience | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
