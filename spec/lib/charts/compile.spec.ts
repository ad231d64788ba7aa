import { expect } from 'chai';
import {
  type AnyStateMachine,
  assign,
  createActor,
  createMachine,
  type InspectionEvent,
  StateMachine,
  sendTo,
  setup,
} from 'xstate';
import { compileChart } from '../../../lib/charts/compile.js';
import type { SystemOptions } from '../../../lib/system/options.js';
import { createSystem } from '../../../lib/system/system.js';

const counter = setup({
  types: { context: {} as { readonly count: number }, input: {} as { readonly count: number } },
  actions: { tell: () => {} },
}).createMachine({
  id: 'counter',
  context: ({ input }) => ({ count: input.count }),
  initial: 'off',
  on: { ADD: { actions: [assign({ count: ({ context }) => context.count + 1 }), 'tell'] } },
  states: { off: { on: { TURN: 'on' } }, on: { tags: 'lit', on: { TURN: 'off' } } },
});

describe('compileChart', () => {
  it('gives a machine that is the same one in everything else', () => {
    const compiled = compileChart(counter);
    expect(compiled.compilation).to.deep.equal({ isCompiled: true });
    expect(compiled).to.be.instanceOf(StateMachine);
    expect(JSON.stringify(compiled)).to.equal(JSON.stringify(counter));
    expect(compiled.events).to.deep.equal(counter.events);
    const actor = createActor(compiled, { input: { count: 1 } }).start();
    actor.send({ type: 'TURN' });
    const snapshot = actor.getSnapshot();
    expect(snapshot.machine).to.equal(counter);
    expect(snapshot.hasTag('lit') && snapshot.matches('on') && snapshot.can({ type: 'ADD' })).to.equal(true);
  });

  it('compiles a machine once, and a compiled one not again', () => {
    const compiled = compileChart(counter);
    expect(compileChart(counter)).to.equal(compiled);
    expect(compileChart(compiled)).to.equal(compiled);
  });

  it('gives a compiled chart again when bodies are provided', () => {
    const told: string[] = [];
    const provided = compileChart(counter).provide({ actions: { tell: () => told.push('told') } });
    expect(provided).to.have.deep.property('compilation', { isCompiled: true });
    const actor = createActor(provided, { input: { count: 1 } }).start();
    actor.send({ type: 'ADD' });
    expect([told, actor.getSnapshot().context.count]).to.deep.equal([['told'], 2]);
  });

  it('goes on from snapshots that xstate has made, and xstate from its own', () => {
    const first = createActor(counter, { input: { count: 1 } }).start();
    first.send({ type: 'TURN' });
    const second = createActor(compileChart(counter), {
      snapshot: first.getPersistedSnapshot(),
      input: { count: 9 },
    });
    second.start().send({ type: 'ADD' });
    const third = createActor(counter, {
      snapshot: second.getPersistedSnapshot(),
      input: { count: 9 },
    }).start();
    third.send({ type: 'TURN' });
    expect([third.getSnapshot().value, third.getSnapshot().context]).to.deep.equal(['off', { count: 2 }]);
    const resolved = compileChart(counter).resolveState({ value: 'on', context: { count: 5 } });
    expect(resolved.machine).to.equal(counter);
  });

  it('shares among snapshots what is the same for all of one configuration', () => {
    const actors = [1, 2].map((count) => createActor(compileChart(counter), { input: { count } }).start());
    const [one, two] = actors.map((actor) => actor.getSnapshot());
    expect(one?._nodes).to.equal(two?._nodes);
    expect(one?.context).not.to.equal(two?.context);
  });

  it('forgets what it knows of a chart with very many configurations, and goes on', () => {
    const regions = Array.from({ length: 16 }, (_, index) => [
      `r${index}`,
      { initial: 'a', states: { a: { on: { [`E${index}`]: 'b' } }, b: { on: { [`E${index}`]: 'a' } } } },
    ]);
    const wide = createMachine({ type: 'parallel', states: Object.fromEntries(regions) });
    const [own, compiled] = [createActor(wide).start(), createActor(compileChart(wide)).start()];
    const begin = () => createActor(compileChart(wide)).getSnapshot()._nodes;
    const before = begin();
    expect(begin()).to.equal(before);
    let chance = 1;
    for (let step = 0; step < 9_000; step += 1) {
      chance = (chance * 1_103_515_245 + 12_345) % 2 ** 31;
      const event = { type: `E${Math.floor(chance / 2 ** 16) % 16}` };
      compiled.send(event);
      if (step < 50) own.send(event);
      if (step === 49) expect(compiled.getSnapshot().value).to.deep.equal(own.getSnapshot().value);
    }
    expect(Object.keys(compiled.getSnapshot().value)).to.have.lengthOf(16);
    expect(begin()).not.to.equal(before);
  });

  it('sends what a state sends on entry to the actors that it invokes itself', () => {
    const heard: string[] = [];
    const child = createMachine({ on: { '*': { actions: ({ event }) => heard.push(event.type) } } });
    const parent = createMachine({
      entry: [sendTo('second', { type: 'HELLO' }), sendTo('first', { type: 'WELCOME' })],
      invoke: [
        { src: child, id: 'first' },
        { src: child, id: 'second' },
      ],
    });
    createActor(parent).start();
    const expected = heard.splice(0);
    createActor(compileChart(parent)).start();
    expect([heard, expected]).to.deep.equal([
      ['HELLO', 'WELCOME'],
      ['HELLO', 'WELCOME'],
    ]);
  });

  const within = (states: object, initial = 'b') =>
    createMachine({ initial: 'a', states: { a: { initial, states: { b: {}, ...states } } } });
  const loop = within({ h: { type: 'history', target: 'i' }, i: { type: 'history', target: 'h' } });
  const begun = within({ h: { type: 'history' } }, 'h');
  const lost = within({ h: { type: 'history', target: 'nowhere' } });
  const twins = createMachine({ initial: 'a', states: { a: { id: 'same' }, b: { id: 'same' } } });
  const stepped: AnyStateMachine = createMachine({ id: 'stepped' });
  stepped.transition = (snapshot) => snapshot;
  const derived: AnyStateMachine = createMachine({ id: 'derived' });
  Object.setPrototypeOf(derived, Object.create(StateMachine.prototype));
  const foreign: AnyStateMachine = createMachine({ id: 'foreign' });
  Object.setPrototypeOf(foreign, { provide: () => foreign });

  for (const [machine, feature, at] of [
    [twins, 'two states with one id', 'same'],
    [loop, 'a history that leads to a history', '(machine).a.h'],
    [begun, 'a history as the initial state', '(machine).a'],
    [lost, 'a target that does not exist', '(machine).a.h'],
    [stepped, 'a step of its own', 'stepped'],
    [derived, 'a subclass of StateMachine', 'derived'],
    [foreign, 'a machine of another copy of xstate', 'foreign'],
  ] as const) {
    it(`leaves it to xstate to run ${feature}, and says where it stands`, () => {
      const compiled = compileChart<AnyStateMachine>(machine);
      expect(compiled.compilation).to.deep.equal({ isCompiled: false, feature, at });
      expect(compiled.transition).to.equal(machine.transition);
    });
  }

  it('refuses what is no machine', () => {
    const given: unknown = { transition: 1 };
    expect(() => compileChart(given as AnyStateMachine))
      .to.throw('a machine made by xstate')
      .with.property('code', 'InvalidOption');
  });
});

describe('createSystem and compiled charts', () => {
  async function logicOf(options: SystemOptions): Promise<object> {
    let logic: object = {};
    const inspect = ({ actorRef }: InspectionEvent) => {
      if ('id' in actorRef && actorRef.id === 'counter' && 'logic' in actorRef)
        logic = Object(actorRef.logic);
    };
    const system = createSystem({ ...options, inspect });
    const reference = system.spawn(counter, { id: 'counter', input: { count: 1 } });
    reference.send({ type: 'ADD' });
    await system.stop();
    expect(reference.getSnapshot().context).to.deep.equal({ count: 2 });
    return logic;
  }

  it('compiles what it spawns', async () => {
    expect(await logicOf({})).to.equal(compileChart(counter));
  });

  it('does not if told not to', async () => {
    expect(await logicOf({ compile: false })).to.equal(counter);
  });

  it('refuses anything but true and false', () => {
    const options: object = { compile: 'yes' };
    expect(() => createSystem(options))
      .to.throw('true or false')
      .with.property('code', 'InvalidOption');
  });
});
