import { expect } from 'chai';
import fc from 'fast-check';
import {
  type AnyActorLogic,
  type AnyEventObject,
  createActor,
  type EventObject,
  fromPromise,
  fromTransition,
  type InspectionEvent,
  setup,
} from 'xstate';
import { countingIds } from '../../../lib/core/ids.js';
import { stepperOf, toEngine } from '../../../lib/system/stepper.js';
import { createSystem } from '../../../lib/system/system.js';
import { ManualClock } from '../../../lib/testing/manual-clock.js';

/* A reducer, as `fromTransition` makes one, is run by a stepper of our own. Whoever looks from outside must not see it. */

type Step =
  | { readonly type: 'ADD'; readonly by: number }
  | { readonly type: 'SAME' | 'EMIT' | 'AGAIN' | 'LOOK' | 'SCOPE' | 'REST' }
  | { readonly type: 'FAIL'; readonly error: unknown }
  | { readonly type: 'xstate.stop' };

interface Tally {
  readonly sum: number;
  readonly seen: readonly unknown[];
}

const tally = fromTransition<Tally, Step, AnyEventObject['system'], number | undefined, AnyEventObject>(
  (state, event, { self, emit, defer, ...scope }) => {
    const seen = (what: unknown) => ({ ...state, seen: [...state.seen, what] });
    switch (event.type) {
      case 'ADD':
        return { ...state, sum: state.sum + event.by };
      case 'EMIT':
        emit({ type: 'EMITTED', sum: state.sum });
        emit({ type: 'OTHER' });
        return state;
      case 'AGAIN':
        self.send({ type: 'ADD', by: 100 });
        return seen('again');
      case 'LOOK':
        return seen(self.getSnapshot().context.sum);
      case 'SCOPE':
        return seen([Object.keys(scope).sort(), scope.id, self.id, String(event.type)]);
      case 'REST':
        defer(() => emit({ type: 'DEFERRED' }));
        return seen('rest');
      case 'FAIL':
        throw event.error;
      case 'xstate.stop':
        return seen('stopped');
      default:
        return state;
    }
  },
  ({ input }) => ({ sum: input ?? 0, seen: [] }),
);

type Move = { readonly send: Step } | 'subscribe' | 'listen' | 'snapshot' | 'persist';

/** Everything that can be seen of an actor from outside, in order. */
class Watch {
  readonly seen: unknown[] = [];

  note(what: string, detail: unknown): void {
    // By text, so that the order of the fields counts as well.
    this.seen.push(`${what} ${JSON.stringify(detail)} ${Object.keys(Object(detail))}`);
  }

  readonly inspect = (event: InspectionEvent): void => {
    if (!('id' in event.actorRef) || event.actorRef.id !== 'tally' || event.type === '@xstate.actor') return;
    if (event.type === '@xstate.snapshot') this.note(event.type, [event.event, event.snapshot]);
    if (event.type === '@xstate.event') this.note(event.type, event.event);
  };
}

/** What both have of an actor. */
interface Watched {
  getSnapshot(): AnyEventObject['snapshot'];
  subscribe(observer: {
    next(snapshot: unknown): void;
    error(error: unknown): void;
    complete(): void;
  }): unknown;
  on(type: 'EMITTED' | '*', handler: (emitted: unknown) => void): unknown;
}

function watchMove(watch: Watch, actor: Watched, move: Exclude<Move, object>): void {
  if (move === 'snapshot' || move === 'persist') watch.note(move, actor.getSnapshot());
  else if (move === 'subscribe') {
    actor.subscribe({
      next: (snapshot) => watch.note('next', snapshot),
      error: (error) => watch.note('error', String(error)),
      complete: () => watch.note('complete', ''),
    });
  } else {
    actor.on('EMITTED', (emitted) => watch.note('on', emitted));
    actor.on('*', (emitted) => watch.note('on any', emitted));
  }
}

function byXstate(moves: readonly Move[], isInspected: boolean): readonly unknown[] {
  const watch = new Watch();
  const actor = createActor(tally, {
    id: 'tally',
    input: 1,
    ...(isInspected ? { inspect: watch.inspect } : {}),
  });
  // Otherwise xstate throws what nobody hears where nobody can catch it.
  actor.subscribe({ error: () => undefined });
  actor.start();
  for (const move of moves) {
    if (typeof move === 'object') actor.send(move.send);
    else watchMove(watch, actor, move);
  }
  watch.note('at last', actor.getSnapshot());
  return watch.seen;
}

async function bySystem(
  moves: readonly Move[],
  isInspected: boolean,
  logic = tally,
): Promise<readonly unknown[]> {
  const watch = new Watch();
  const clock = new ManualClock();
  const ids = countingIds();
  const system = createSystem({
    clock,
    ids,
    log: () => undefined,
    ...(isInspected ? { inspect: watch.inspect } : {}),
  });
  const actor = system.spawn(logic, { id: 'tally', input: 1, restart: 'temporary' });
  for (const move of moves) {
    if (typeof move === 'object') actor.send(move.send);
    else watchMove(watch, actor, move);
    await clock.settle();
  }
  watch.note('at last', actor.getSnapshot());
  const seen = [...watch.seen];
  await system.stop();
  return seen;
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('ADD' as const), by: fc.nat(9) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'SAME' as const,
        'EMIT' as const,
        'AGAIN' as const,
        'LOOK' as const,
        'SCOPE' as const,
        'REST' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('FAIL' as const),
      error: fc.constantFrom('planted', undefined, null, 0),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'xstate.stop' as const }) },
);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ send: step }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'subscribe' as const,
      'listen' as const,
      'snapshot' as const,
      'persist' as const,
    ),
  },
);

/** References differ by design: who comes after the end hears nothing, and several handlers are called as they came. */
function watchedInTime(moves: readonly Move[]): readonly Move[] {
  const end = moves.findIndex((made) => typeof made === 'object' && /FAIL|xstate.stop/.test(made.send.type));
  const isLate = (made: Move, at: number) =>
    end >= 0 && at > end && (made === 'subscribe' || made === 'listen');
  const listens = moves.indexOf('listen');
  return moves.filter((made, at) => !isLate(made, at) && (made !== 'listen' || at === listens));
}

describe('a reducer in a system', () => {
  it('shows itself as xstate alone would run it: snapshots, what it emits, errors, its end, inspection', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 25 }), fc.boolean(), async (made, isInspected) => {
        const moves = watchedInTime(made);
        expect(await bySystem(moves, isInspected)).to.deep.equal(byXstate(moves, isInspected));
      }),
      { numRuns: 200 },
    );
  });

  it('hears nothing after its end, and does what came while it took a step after that step', async () => {
    const heard: string[] = [];
    const reducer = fromTransition((count: number, { type }: EventObject, { self, defer }) => {
      heard.push(type);
      if (type === 'DEFER') defer(() => heard.push('deferred'));
      if (type === 'NEST') {
        // As xstate's own parents do to their children: past the mailbox.
        toEngine(self)._send({ type: 'NESTED' });
        heard.push('end of NEST');
      }
      return count + 1;
    }, 0);
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const actor = system.spawn(reducer, { restart: 'temporary' });
    for (const type of ['NEST', 'DEFER', 'xstate.stop', 'LATE']) actor.send({ type });
    await clock.settle();
    expect(heard).to.deep.equal(['NEST', 'end of NEST', 'NESTED', 'DEFER', 'deferred', 'xstate.stop']);
    expect(actor.getSnapshot().context).to.equal(4);
    await system.stop();
  });

  it('is what fromTransition makes, and nothing that only looks like it', async () => {
    const plain = fromTransition((count: number) => count + 1, 0);
    let calls = 0;
    const counting: typeof plain = {
      ...plain,
      transition: (...given) => {
        calls += 1;
        return plain.transition(...given);
      },
    };
    const doubled: typeof plain = {
      ...plain,
      getInitialSnapshot: (...given) => ({ ...plain.getInitialSnapshot(...given), more: 'kept' }),
    };
    const bound: typeof plain = { ...plain, transition: plain.transition.bind(plain) };
    const clock = new ManualClock();
    const system = createSystem({ clock, ids: countingIds(), log: () => undefined });
    const actors = [plain, counting, doubled, bound].map((logic) => system.spawn(logic));
    for (const actor of actors) for (let count = 0; count < 3; count += 1) actor.send({ type: 'any' });
    await clock.settle();
    expect(actors.map((actor) => actor.getSnapshot().context)).to.deep.equal([3, 3, 3, 3]);
    expect(calls).to.equal(3);
    expect(actors[2]?.getSnapshot()).to.include({ more: 'kept' });
    await system.stop();
  });
});

describe('a stepper', () => {
  it('fits the xstate that is installed: every kind of logic is stepped directly, reducers without their transition', () => {
    const reducer = fromTransition((count: number) => count + 1, 0);
    const logics: readonly AnyActorLogic[] = [
      reducer,
      setup({}).createMachine({}),
      fromPromise(async () => 1),
    ];
    const kinds = logics.map((logic) => stepperOf(toEngine(createActor(logic)), { isInspected: false }).kind);
    expect(kinds).to.deep.equal(['reducer', 'direct', 'direct']);
  });

  it('leaves an actor that it does not know from inside to xstate', () => {
    const heard: string[] = [];
    const actor = createActor(fromTransition((count: number) => count + 1, 0)).start();
    const stranger = Object.assign(Object.create(actor), {
      mailbox: undefined,
      _send: ({ type }: EventObject) => heard.push(type),
    });
    const stepper = stepperOf(stranger, { isInspected: false });
    stepper.step({ type: 'any' });
    expect(stepper.kind).to.equal('foreign');
    expect(heard).to.deep.equal(['any']);
  });
});
