import { nanoid } from 'nanoid';

/** A source of names that never meet: sessions, producers, runs. One is made per session, never per message. */
export interface Ids {
  /** A name that no other call has given, beginning with the prefix. */
  next(prefix: string): string;
}

const ID_LENGTH = 12;

/** Production's ids: a readable prefix and 72 random bits. */
export const systemIds: Ids = { next: (prefix) => `${prefix}-${nanoid(ID_LENGTH)}` };

/** Counted ids for specs and the simulation: the same run gives the same names. */
export function countingIds(): Ids {
  let count = 0;
  return {
    next(prefix) {
      count += 1;
      return `${prefix}-${count}`;
    },
  };
}
