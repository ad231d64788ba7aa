/** Whom a failure takes down and whom it brings back. */
export interface RestartPlan {
  /** Running siblings to stop, in the order of stopping: the reverse of starting. */
  readonly stop: readonly string[];
  /** Who is started once they are down, in start order; the failed one among them. */
  readonly start: readonly string[];
}

/** A pure decision: the ids of all children in start order, and the one that failed. */
export type SupervisionStrategy = (children: readonly string[], failed: string) => RestartPlan;

/** Names of the strategies that ship. */
export type StrategyName = 'one_for_one';

/** The failed child alone is started again. */
export const oneForOne: SupervisionStrategy = (_children, failed) => ({ stop: [], start: [failed] });

/** The strategy of that name, or the one given as it is. */
export function resolveStrategy(strategy: StrategyName | SupervisionStrategy): SupervisionStrategy {
  return typeof strategy === 'function' ? strategy : oneForOne;
}
