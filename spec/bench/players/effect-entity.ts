import { Effect, Layer, ManagedRuntime, Schema } from 'effect';
import { Entity, TestRunner } from 'effect/cluster';
import { Rpc } from 'effect/rpc';
import { type Play, perSecond } from '../play.js';

/* An entity of Effect's cluster as its documentation says, on the runner that keeps everything in memory. */

const Counter = Entity.make('Counter', [
  Rpc.make('Count', { payload: { by: Schema.Number }, success: Schema.Number }),
]);

const counterLayer = Counter.toLayer(
  Effect.gen(function* () {
    let count = 0;
    yield* Effect.void;
    return Counter.of({
      Count: ({ payload }) =>
        Effect.sync(() => {
          count += payload.by;
          return count;
        }),
    });
  }),
);

const runtime = ManagedRuntime.make(counterLayer.pipe(Layer.provideMerge(TestRunner.layer)));

export const plays = {
  ask: async ({ events }: { readonly events: number }): Promise<Play> => {
    const client = await runtime.runPromise(Counter.client);
    let expected = 0;
    const askAll = Effect.gen(function* () {
      const counter = client('one');
      for (let asked = 0; asked < events; asked += 1) {
        const count = yield* counter.Count({ by: 1 });
        expected += 1;
        if (count !== expected) return yield* Effect.die(new Error(`${count} instead of ${expected}`));
      }
    });
    return {
      round: () => perSecond(events, () => runtime.runPromise(askAll)),
      close: () => runtime.dispose(),
    };
  },
};
