import fc from 'fast-check';

/** Keys of every kind that could trip an encoding: reserved ones, near misses, `__proto__`, lone surrogates. */
export const key = fc.oneof(
  fc.constantFrom(
    '$bytes',
    '$undefined',
    '$$bytes',
    '$$$undefined',
    '$',
    '$other',
    '__proto__',
    'toJSON',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'a\udfff', '"$bytes"', '\0'));
/** Any plain value. */
export const plain: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 2 ** 53, -1),
    text,
    fc.uint8Array({ maxLength: 9 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map(toRecord),
  ),
})).value;

/** An object of these entries, in that order. */
export function toRecord(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  // An assignment to __proto__ would set the prototype instead of a key.
  for (const [name, value] of entries) {
    Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return record;
}

/** Same values, same keys in the same order, -0 apart from 0; what chai's deep equality leaves open. */
export function same(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  const keys = Reflect.ownKeys(left);
  if (keys.join('\0') !== Reflect.ownKeys(right).join('\0')) return false;
  return keys.every((name) => same(Reflect.get(left, name), Reflect.get(right, name)));
}
