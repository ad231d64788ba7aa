import { strict as assert } from 'node:assert';

/** What a script has answered, as values to be looked at one by one. */
export function listOf(reply: unknown): readonly unknown[] {
  assert(Array.isArray(reply), `a script answered ${typeof reply} where a list was expected`);
  return reply;
}

/** A text of a reply; nothing at all is ''. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : String(value ?? '');
}

/** An entry of a stream: its id, and its fields and values in turn. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: readonly string[];
}

/** Entries as XRANGE and XREADGROUP answer them. */
export function entriesOf(reply: unknown): StreamEntry[] {
  return listOf(reply).map((entry) => {
    const [id, fields] = listOf(entry);
    return { id: textOf(id), fields: listOf(fields ?? []).map(textOf) };
  });
}

/** A field of an entry by its name; undefined where it has none. */
export function fieldOf({ fields }: StreamEntry, name: string): string | undefined {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name);
  return at < 0 ? undefined : fields[at + 1];
}
