import { dispatch, query, type Ref, spawn, start } from 'nact';
import { expectSame, type Play, perSecond } from '../play.js';

/* nact as its documentation says: `spawn`, `dispatch`, and `query` with the reference that the answer goes to. */

interface ActorSetting {
  readonly events: number;
}

type CounterMessage =
  | { readonly type: 'ADD'; readonly by: number }
  | { readonly type: 'COUNT'; readonly replyTo: Ref<number> };

const TIMEOUT_MS = 10_000;

/** On a system of its own; what it leaves behind ends with the process. */
async function open(round: (system: ReturnType<typeof start>) => () => Promise<number>): Promise<Play> {
  return { round: round(start()), close: async () => undefined };
}

function counterOn(system: ReturnType<typeof start>): Ref<CounterMessage> {
  return spawn(system, (count: number = 0, message: CounterMessage) => {
    if (message.type === 'ADD') return count + message.by;
    dispatch(message.replyTo, count);
    return count;
  });
}

function countOf(counter: Ref<CounterMessage>): Promise<number> {
  return query(counter, (replyTo: Ref<number>): CounterMessage => ({ type: 'COUNT', replyTo }), TIMEOUT_MS);
}

export const plays = {
  send: ({ events }: ActorSetting): Promise<Play> =>
    open((system) => {
      const counter = counterOn(system);
      let expected = 0;
      return () =>
        perSecond(events, async () => {
          for (let sent = 0; sent < events; sent += 1) dispatch(counter, { type: 'ADD', by: 1 });
          expected += events;
          expectSame('what was counted', await countOf(counter), expected);
        });
    }),

  pingPong: ({ events }: ActorSetting): Promise<Play> =>
    open((system) => {
      let done = (_: number): void => undefined;
      const player = (other: () => Ref<{ left: number }>) =>
        spawn(system, (hits: number = 0, { left }: { left: number }) => {
          if (left === 0) done(hits);
          else dispatch(other(), { left: left - 1 });
          return hits + 1;
        });
      const ping: Ref<{ left: number }> = player(() => pong);
      const pong: Ref<{ left: number }> = player(() => ping);
      let rounds = 0;
      return () =>
        perSecond(events, async () => {
          const ended = new Promise<number>((resolve) => {
            done = resolve;
          });
          dispatch(ping, { left: events });
          expectSame('hits', await ended, events / 2 + rounds * (events / 2 + 1));
          rounds += 1;
        });
    }),

  query: ({ events }: ActorSetting): Promise<Play> =>
    open((system) => {
      const counter = counterOn(system);
      let added = 0;
      return () =>
        perSecond(events, async () => {
          dispatch(counter, { type: 'ADD', by: 1 });
          added += 1;
          for (let asked = 0; asked < events; asked += 1) {
            const count = await countOf(counter);
            if (count !== added) throw new Error(`${count} were counted instead of ${added}`);
          }
        });
    }),
};
