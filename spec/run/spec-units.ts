/** Spec files that one process of mocha runs, one after the other. */
export interface SpecUnit {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Those that take longest come first, so that nobody waits for one that was begun last. All that need Ray share one,
 * since it takes seconds to start, and hence one process.
 */
const FOLDERS = [
  'ray',
  'scenarios',
  'lib/cli',
  'chaos',
  'lib/brokers',
  'packaging',
  'readme',
  'lib/coalition',
  'lib',
];
const REST = 'the rest';
const NEEDS_RAY = /services\/ray\.js|needService\(this, ray\)/;

/** Divides spec files by what they need and where they stand; `textOf` reads one. Each is in one unit. */
export function specUnits(files: readonly string[], textOf: (file: string) => string): readonly SpecUnit[] {
  const units = new Map([...FOLDERS, REST].map((name): [string, string[]] => [name, []]));
  for (const file of files) units.get(unitOf(file, textOf(file)))?.push(file);
  return [...units].map(([name, own]) => ({ name, files: own })).filter(({ files: own }) => own.length > 0);
}

function unitOf(file: string, text: string): string {
  if (NEEDS_RAY.test(text)) return 'ray';
  return FOLDERS.find((folder) => file.includes(`spec/${folder}/`)) ?? REST;
}
