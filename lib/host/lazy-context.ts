import type { AgentContext } from './contract.js';

/** Whoever can make the context of a try. */
export interface ContextMaker {
  /** The same on each call. */
  readonly handed: AgentContext;
}

/**
 * The context that `maker` makes, which it does not make before somebody looks: that costs a hundred times as much as
 * this does, and most handlers never look at theirs.
 */
export function lazyContext(maker: ContextMaker): AgentContext {
  return new Proxy(maker, LOOKS) as object as AgentContext; // whatever is asked of it is asked of that context
}

const LOOKS: ProxyHandler<ContextMaker> = {
  get: ({ handed }, key) => Reflect.get(handed, key),
  set: ({ handed }, key, value) => Reflect.set(handed, key, value),
  has: ({ handed }, key) => Reflect.has(handed, key),
  ownKeys: ({ handed }) => Reflect.ownKeys(handed),
  getOwnPropertyDescriptor: ({ handed }, key) => Reflect.getOwnPropertyDescriptor(handed, key),
  defineProperty: ({ handed }, key, descriptor) => Reflect.defineProperty(handed, key, descriptor),
  deleteProperty: ({ handed }, key) => Reflect.deleteProperty(handed, key),
  getPrototypeOf: ({ handed }) => Reflect.getPrototypeOf(handed),
};
