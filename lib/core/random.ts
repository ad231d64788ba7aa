/** A source of chance. Production uses `systemRandom`; a seeded one replays a run. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
}

/** The machine's own randomness, not for secrets. */
export const systemRandom: Random = { next: () => Math.random() };

/**
 * A reproducible source from a 32-bit seed.
 * Source: mulberry32 by Tommy Ettinger (public domain), period 2^32; ample for jitter and schedules.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** A whole number in [0, `below`). */
export function randomInteger(random: Random, below: number): number {
  return Math.floor(random.next() * below);
}
