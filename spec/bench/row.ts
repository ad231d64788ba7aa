/** Which program plays a side of a row. */
export interface Side {
  /** For people: 'BullMQ addBulk'. */
  readonly name: string;
  /** The program and its arguments. It keeps to the protocol of `Player`. */
  readonly command: readonly string[];
  /** Beside that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** How far a row is to come. */
export interface Goal {
  /** In times of the peer's figure, in times of the limit's, or in the row's own unit. */
  readonly of: 'peer' | 'limit' | 'figure';
  /** What must be reached; of a figure of which less is better it is the most. */
  readonly atLeast: number;
  readonly aim: number;
}

/** How often each side plays. */
export interface Rounds {
  /** Not counted. */
  readonly warmUp: number;
  readonly counted: number;
}

/** A comparison: the same work by Conclave, by a peer, and by the least that anybody could do. */
export interface Row {
  readonly name: string;
  /** Of the figures: 'messages/s', 'ms'. */
  readonly unit: string;
  /** Whether a larger figure is the better one. */
  readonly better: 'more' | 'less';
  readonly conclave: Side;
  readonly peer?: Side;
  readonly limit?: Side;
  readonly goals?: readonly Goal[];
  /** Where those of all rows would take too long. */
  readonly rounds?: Rounds;
}

/** What `npm run bench -- NAME` names. */
export interface Suite {
  readonly name: string;
  readonly parts: readonly SuitePart[];
}

/** Rows that share what they run on; each row's name begins with that of its part. */
export interface SuitePart {
  readonly name: string;
  /** Starts it; the rows that can be played here, and a line for each thing that is missing. */
  open(): Promise<OpenSuite>;
}

/** A part that has been started. */
export interface OpenSuite {
  readonly rows: readonly Row[];
  /** What is missing, a line each. */
  readonly skipped: readonly string[];
  close(): Promise<void>;
}

/** How far a row came of a goal; `came` is null where there was nothing to compare with. */
export interface GoalResult extends Goal {
  readonly came: number | null;
  readonly reached: 'aim' | 'atLeast' | 'missed';
}

/** What a row came to: the medians, and how they compare; a ratio above 1 is in Conclave's favour. */
export interface RowResult {
  readonly name: string;
  readonly unit: string;
  readonly conclave: number;
  readonly peer: number | null;
  readonly peerName: string | null;
  readonly ratio: number | null;
  readonly limit: number | null;
  readonly ofLimit: number | null;
  readonly goals: readonly GoalResult[];
}

const MODULES = new URL('.', import.meta.url);

/** A side that a module of `players/` plays, with what it is to know. */
export function nodeSide(name: string, module: string, play: string, setting: object = {}): Side {
  const path = (file: string) => new URL(file, MODULES).pathname;
  const command = [
    process.execPath,
    path('player.js'),
    path(`players/${module}.js`),
    play,
    JSON.stringify(setting),
  ];
  return { name, command };
}
