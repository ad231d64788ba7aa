import { list, record, text, whole, wrong } from '../../core/parse.js';
import { decode, type Encoded, encode } from '../../core/value.js';

/** A worker pool that has joined a coalition from another process. */
export interface PoolInfo {
  /** Its session: the name under which it holds tasks. */
  readonly pool: string;
  /** The machine it runs on, as that calls itself. */
  readonly host: string;
  /** Its process there. */
  readonly pid: number;
  /** Whose tasks it takes. */
  readonly agents: readonly string[];
  /** How many workers it has. */
  readonly workers: number;
}

/** What a pool says of itself: that it is here, or that it leaves. */
export interface Presence extends PoolInfo {
  readonly state: 'here' | 'left';
  /** It is lost when so long nothing was heard of it. */
  readonly leaseMs: number;
}

/** What a pool says, as text. */
export function encodePresence(presence: Presence): Encoded {
  return encode({ ...presence });
}

/** What a pool has said. @throws `InvalidOption` for anything else. */
export function decodePresence(payload: Encoded): Presence {
  const said = record(decode(payload), 'a presence');
  const { state } = said;
  if (state !== 'here' && state !== 'left') throw wrong('the state of a presence', "'here' or 'left'", state);
  return {
    state,
    pool: text(said.pool, 'the pool of a presence'),
    host: text(said.host, 'its host'),
    pid: whole(said.pid, 'its process', 1),
    leaseMs: whole(said.leaseMs, 'its lease', 1),
    workers: whole(said.workers, 'its workers', 0),
    agents: list(said.agents, 'its agents').map((agent) => text(agent, 'one of its agents')),
  };
}
