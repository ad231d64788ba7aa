import { createActor, fromTransition } from 'xstate';
import { expectSame, type Play, perSecond } from '../play.js';
import { type ChartSetting, chartWorks } from './charts.js';

/* xstate alone: an actor, started, and sent to. */

export const plays = {
  send: async ({ events }: { readonly events: number }): Promise<Play> => {
    const logic = fromTransition(
      (state: { count: number }, event: { type: 'ADD'; by: number }) => ({ count: state.count + event.by }),
      { count: 0 },
    );
    const counter = createActor(logic).start();
    let expected = 0;
    return {
      round: () =>
        perSecond(events, async () => {
          for (let sent = 0; sent < events; sent += 1) counter.send({ type: 'ADD', by: 1 });
          expected += events;
          expectSame('what was counted', counter.getSnapshot().context.count, expected);
        }),
      close: async () => void counter.stop(),
    };
  },

  chart: async ({ chart: name, times }: ChartSetting): Promise<Play> => {
    const { chart, circle, after } = chartWorks[name];
    return {
      round: async () => {
        const actor = createActor(chart).start();
        const figure = await perSecond(times * circle.length, async () => {
          for (let time = 0; time < times; time += 1) for (const event of circle) actor.send(event as never);
        });
        const { value, context } = actor.getSnapshot();
        actor.stop();
        expectSame('the chart', JSON.stringify({ value, context }), after(times));
        return figure;
      },
      close: async () => undefined,
    };
  },
};
