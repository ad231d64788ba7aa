/** One side of a row, open in its own process. */
export interface Play {
  /** Does the work once and checks its result; the figure, in the row's unit. @throws where the result is not right. */
  round(): Promise<number>;
  close(): Promise<void>;
}

/** How many a second, for so many done by the call. */
export async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  return (count * 1_000) / (await msOf(work));
}

/**
 * How many a second, for so many done in stretches of at most `by`: what `make` makes for a stretch is not counted, and
 * dies with it, so that no side has to carry the other's garbage or a million items that wait for their turn.
 */
export async function perSecondIn<Made>(
  { count, by }: { readonly count: number; readonly by: number },
  make: (done: number, some: number) => Made,
  work: (made: Made) => Promise<void>,
): Promise<number> {
  let ms = 0;
  for (let done = 0; done < count; done += by) {
    const made = make(done, Math.min(by, count - done));
    ms += await msOf(() => work(made));
  }
  return (count * 1_000) / ms;
}

export async function msOf(work: () => Promise<void>): Promise<number> {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
}

/** @throws with both, where what came is not what was expected. */
export function expectSame(what: string, came: unknown, expected: unknown): void {
  if (came !== expected) throw new Error(`${what}: ${came} instead of ${expected}`);
}

/** Takes all items in turn, so many under way at once; resolves when all are done. */
export async function inFlight<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item, at: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) await work(item, at);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
