import { createHash } from 'node:crypto';

/** A Lua script, known to the server by its digest. */
export interface RedisScript {
  /** What it does, for messages to people: 'publish'. */
  readonly name: string;
  /** Its source. */
  readonly text: string;
  /** SHA-1 of the source, as EVALSHA wants it. */
  readonly sha: string;
}

/** A script from its source. */
export function redisScript(name: string, text: string): RedisScript {
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}
