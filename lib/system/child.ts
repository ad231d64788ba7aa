import type { ChildSpec } from '../supervision/child.js';
import type { Exit } from './exit.js';

/** What a supervisor starts and stops: an actor, or another supervisor. */
export interface Child extends ChildSpec {
  /** How it ended last; undefined while it has never ended. */
  readonly lastExit: Exit | undefined;
  /** Starts an incarnation; its end, even at once, is told to `Overseer.childExited`. */
  start(): void;
  /** Drains and stops; the end is told likewise. `isFinal`: it will not be started again. A second call does no harm. */
  beginStop(isFinal: boolean): void;
  /** Stops without draining. */
  kill(): void;
  /** It is not started again. `exit` says how it ended if it had not ended by itself. */
  retire(exit: Exit): void;
}

/** Who is told when a child has ended. */
export interface Overseer {
  childExited(id: string, exit: Exit): void;
  /** Asks for one child to go, for good. */
  stopChild(id: string): void;
}
