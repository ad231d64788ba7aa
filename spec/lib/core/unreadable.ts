/** Values that throw when they are looked at: what a JavaScript program can hand over by mistake or on purpose. */
export function unreadable(): Readonly<Record<string, object>> {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const refuse = () => {
    throw new TypeError('planted');
  };
  return {
    'a revoked proxy': proxy,
    'an object whose getters throw': Object.defineProperty({}, 'a', { get: refuse, enumerable: true }),
    'an object that has no text': Object.create(null),
    'an object whose texts throw': Object.defineProperties(
      { toString: refuse },
      { [Symbol.toStringTag]: { get: refuse }, message: { get: refuse } },
    ),
  };
}
