import { type AnyActorScope, createActor, fromTransition } from 'xstate';
import { compileChart } from '../../../lib/charts/compile.js';
import { expectSame, type Play, perSecond } from '../play.js';
import { type ChartSetting, type ChartWork, chartWorks } from './charts.js';

/* A compiled chart by itself: its steps, with no actor around them. */

/** What logic is given beside its state: that of an actor that does nothing else. */
function idleScope(): AnyActorScope {
  let scope: AnyActorScope | undefined;
  const keeping = fromTransition((state: null, _event: { type: string }, given) => {
    scope = given;
    return state;
  }, null);
  createActor(keeping).start().send({ type: 'KEEP' });
  if (scope === undefined) throw new Error('an actor took a step without a scope');
  return scope;
}

export const plays = {
  step: async ({ chart: name, times }: ChartSetting): Promise<Play> => {
    const { chart, circle, after }: ChartWork = chartWorks[name];
    const logic = compileChart(chart);
    expectSame('whether it is compiled', logic.compilation.isCompiled, true);
    const scope = idleScope();
    return {
      round: async () => {
        let snapshot = logic.getInitialSnapshot(scope, undefined);
        const figure = await perSecond(times * circle.length, async () => {
          for (let time = 0; time < times; time += 1)
            for (const event of circle) snapshot = logic.transition(snapshot, event as never, scope);
        });
        const { value, context } = snapshot;
        expectSame('the chart', JSON.stringify({ value, context }), after(times));
        return figure;
      },
      close: async () => undefined,
    };
  },
};
