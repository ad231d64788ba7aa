/** Where a delivery stands in Redis, and what its settling has to know. */
export interface Place {
  /** The receive it was given out by: its consumer in the stream's group. */
  readonly grant: string;
  /** The stream, as '4ada': a priority, or x, and the lane. */
  readonly code: string;
  /** The entry in it. */
  readonly id: string;
  /** Its payload's, which the queue counts. */
  readonly bytes: number;
  /** What most have none of. */
  readonly history: History | undefined;
}

/** Of a message with an ordering key, or that was given out before. */
export interface History {
  readonly isKeyed: boolean;
  /** Deliveries, failures and crashes in this queue before this delivery. */
  readonly deliveries: number;
  readonly failures: number;
  readonly crashes: number;
  /** Failures and crashes that it was published with. */
  readonly failuresBefore: number;
  readonly crashesBefore: number;
}

/** The token of a delivery: all of its place, so that settling needs no look-up. */
export function tokenOf({ grant, code, id, bytes, history }: Place): string {
  return `${grant} ${id} ${bytes} ${history === undefined ? '-' : wordOf(history)} ${code}`;
}

/** The place that a token names; undefined for what is no token of this broker. */
export function placeOf(token: string): Place | undefined {
  const a = token.indexOf(' ');
  const b = token.indexOf(' ', a + 1);
  const c = token.indexOf(' ', b + 1);
  const d = token.indexOf(' ', c + 1);
  if (a < 0 || b < 0 || c < 0 || d < 0) return undefined;
  const word = token.slice(c + 1, d);
  return {
    grant: token.slice(0, a),
    id: token.slice(a + 1, b),
    bytes: Number(token.slice(b + 1, c)),
    history: word === '-' ? undefined : historyOf(word),
    code: token.slice(d + 1),
  };
}

/** The message's place in the order of acceptance, which is part of the entry's id. */
export function seqOf(code: string, id: string): number {
  const dash = id.indexOf('-');
  return Number(code.startsWith('x') ? id.slice(dash + 1) : id.slice(0, dash));
}

function wordOf(history: History): string {
  const { isKeyed, deliveries, failures, crashes, failuresBefore, crashesBefore } = history;
  return [isKeyed ? 1 : 0, deliveries, failures, crashes, failuresBefore, crashesBefore].join(',');
}

function historyOf(word: string): History {
  const [isKeyed, deliveries = 0, failures = 0, crashes = 0, failuresBefore = 0, crashesBefore = 0] = word
    .split(',')
    .map(Number);
  return { isKeyed: isKeyed === 1, deliveries, failures, crashes, failuresBefore, crashesBefore };
}
