import { fromTransition } from 'xstate';
import type { ReplyTo } from '../../../lib/system/asks.js';
import type { Reference } from '../../../lib/system/reference.js';
import { type ActorSystem, createSystem } from '../../../lib/system/system.js';
import { expectSame, type Play, perSecond } from '../play.js';
import { type ChartSetting, type ChartWork, chartWorks } from './charts.js';

/* Actors of a system as createSystem makes it, and nothing set but the place in their mailboxes. */

interface ActorSetting {
  /** Events or questions a round. */
  readonly events: number;
}

interface Counted {
  readonly type: 'COUNTED';
  readonly count: number;
}

type CounterEvent = { type: 'ADD'; by: number } | { type: 'COUNT'; replyTo: ReplyTo<Counted> };

interface Ball {
  readonly type: 'BALL';
  readonly left: number;
}

/** Sent without a wait; then it is asked, and has seen them all when it answers. */
const BURST = 10_000;
const TIMEOUT_MS = 10_000;

function counterOf(system: ActorSystem) {
  return fromTransition(
    (state: { count: number }, event: CounterEvent) => {
      if (event.type === 'ADD') return { count: state.count + event.by };
      // Not otherwise: xstate's own events come here as well.
      if (event.type === 'COUNT')
        system.send(event.replyTo, { type: 'COUNTED', count: state.count } as Counted);
      return state;
    },
    { count: 0 },
  );
}

async function onSystem(open: (system: ActorSystem) => () => Promise<number>): Promise<Play> {
  const system = createSystem();
  const round = open(system);
  return { round, close: () => system.stop() };
}

function sendAll(reference: Reference, circle: readonly { type: string }[], times: number): void {
  for (let time = 0; time < times; time += 1)
    for (const event of circle) if (!reference.send(event)) throw new Error('an event was refused');
}

async function playChart(system: ActorSystem, { chart, circle, after }: ChartWork, times: number) {
  const reference = system.spawn(chart, { mailboxCapacity: 2 * BURST });
  const timesABurst = Math.floor(BURST / circle.length);
  const figure = await perSecond(times * circle.length, async () => {
    for (let done = 0; done < times; done += timesABurst) {
      sendAll(reference, circle, Math.min(timesABurst, times - done));
      await reference.ask({ type: 'WHERE' }, { timeoutMs: TIMEOUT_MS });
    }
  });
  const { value, context } = reference.getSnapshot();
  expectSame('the chart', JSON.stringify({ value, context }), after(times));
  await reference.stop();
  return figure;
}

export const plays = {
  /** To a reducer, each event an object of its own. */
  send: ({ events }: ActorSetting): Promise<Play> =>
    onSystem((system) => {
      const counter = system.spawn(counterOf(system), { mailboxCapacity: 2 * BURST });
      let expected = 0;
      return () =>
        perSecond(events, async () => {
          for (let sent = 0; sent < events; sent += BURST) {
            for (let at = 0; at < BURST; at += 1) counter.send({ type: 'ADD', by: 1 });
            const { count } = await counter.ask({ type: 'COUNT' }, { timeoutMs: TIMEOUT_MS });
            expected += BURST;
            expectSame('what was counted', count, expected);
          }
        });
    }),

  chart: ({ chart, times }: ChartSetting): Promise<Play> =>
    onSystem((system) => () => playChart(system, chartWorks[chart], times)),

  /** Two reducers that answer each other. */
  pingPong: ({ events }: ActorSetting): Promise<Play> =>
    onSystem((system) => {
      let done = (_: number): void => undefined;
      const player = (other: () => Reference<Ball>) =>
        fromTransition((hits: number, { type, left }: Ball) => {
          if (type !== 'BALL') return hits;
          if (left === 0) done(hits);
          else other().send({ type: 'BALL', left: left - 1 });
          return hits + 1;
        }, 0);
      const ping: Reference<Ball> = system.spawn(player(() => pong));
      const pong: Reference<Ball> = system.spawn(player(() => ping));
      let rounds = 0;
      return () =>
        perSecond(events, async () => {
          const ended = new Promise<number>((resolve) => {
            done = resolve;
          });
          ping.send({ type: 'BALL', left: events });
          // The ball comes back to where it began, which then has seen one more than half of them a round.
          const hits = await ended;
          expectSame('hits', hits, events / 2 + rounds * (events / 2 + 1));
          rounds += 1;
        });
    }),

  /** One question after the other. */
  ask: ({ events }: ActorSetting): Promise<Play> =>
    onSystem((system) => {
      const counter = system.spawn(counterOf(system));
      let added = 0;
      return () =>
        perSecond(events, async () => {
          counter.send({ type: 'ADD', by: 1 });
          added += 1;
          for (let asked = 0; asked < events; asked += 1) {
            const { count } = await counter.ask({ type: 'COUNT' }, { timeoutMs: TIMEOUT_MS });
            if (count !== added) throw new Error(`${count} were counted instead of ${added}`);
          }
        });
    }),
};
