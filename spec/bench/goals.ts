import type { Goal, GoalResult, Row, RowResult } from './row.js';

type Figures = Pick<RowResult, 'conclave' | 'ratio' | 'ofLimit'>;

/** How far a row came of each of its goals. */
export function reachedOf({ goals = [], better }: Row, figures: Figures): readonly GoalResult[] {
  return goals.map((goal) => {
    const came = cameOf(goal, figures);
    const isLess = goal.of === 'figure' && better === 'less';
    const meets = (bound: number) => came !== null && (isLess ? came <= bound : came >= bound);
    return { ...goal, came, reached: reached(meets(goal.atLeast), meets(goal.aim)) };
  });
}

function reached(atLeast: boolean, aim: boolean): GoalResult['reached'] {
  if (aim) return 'aim';
  return atLeast ? 'atLeast' : 'missed';
}

function cameOf({ of }: Goal, { conclave, ratio, ofLimit }: Figures): number | null {
  if (of === 'figure') return conclave;
  return of === 'peer' ? ratio : ofLimit;
}

const WORDS = { aim: 'aim reached', atLeast: 'reached', missed: 'missed' } as const;

/** In a few words: 'reached 25 x, aim 60 x'. */
export function goalWords({ of, atLeast, aim, reached }: GoalResult, unit: string): string {
  const suffix = of === 'figure' ? ` ${unit}` : ' x';
  return `${WORDS[reached]} (${atLeast}${suffix}, aim ${aim}${suffix}${of === 'limit' ? ' of the limit' : ''})`;
}
