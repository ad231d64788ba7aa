/** One field of many things: the one value that all have, or that of each. */
export type Column<T> = { readonly all: T } | { readonly each: readonly T[] };

/** One number of many things: like a column, or counted up from a first. */
export type NumberColumn = Column<number> | { readonly from: number };

/** The field of all items. JSON must be able to carry it; what is `undefined` there must be `null` here. */
export function columnOf<Item, T>(items: readonly Item[], read: (item: Item) => T): Column<T> {
  const [first] = items;
  if (first === undefined) return { each: [] };
  const all = read(first);
  for (const item of items) if (read(item) !== all) return { each: items.map(read) };
  return { all };
}

/** The number of all items. */
export function numbersOf<Item>(items: readonly Item[], read: (item: Item) => number): NumberColumn {
  const [first] = items;
  if (first === undefined) return { each: [] };
  const from = read(first);
  let isCounting = items.length > 1;
  for (let at = 1; isCounting && at < items.length; at += 1) {
    const item = items[at];
    isCounting = item !== undefined && read(item) === from + at;
  }
  return isCounting ? { from } : columnOf(items, read);
}

/** The field of one item, as `columnOf` found it: the row's checksum has said that it is there. */
export function cell<T>(column: Column<T>, at: number): T {
  return 'each' in column ? (column.each[at] as T) : column.all;
}

/** The number of one item. */
export function numberCell(column: NumberColumn, at: number): number {
  return 'from' in column ? column.from + at : cell(column, at);
}
