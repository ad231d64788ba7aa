import type { CoalitionOptions } from '../options.js';

/** How a pool joins: as a coalition is made, but for what its coordinator alone decides. */
export type JoinOptions = Omit<CoalitionOptions, 'store' | 'durable' | 'name' | 'broker'> & {
  /** The coalition to work for: the `name` that its coordinator was given. */
  readonly name: string;
  /** The shared broker that carries its messages: 'redis://host:6379', 'rediss://…', or one that is open. */
  readonly broker: NonNullable<CoalitionOptions['broker']>;
};
