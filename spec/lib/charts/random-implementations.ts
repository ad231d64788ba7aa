import {
  assign,
  cancel,
  createMachine,
  emit,
  enqueueActions,
  log,
  raise,
  sendTo,
  spawnChild,
  stopChild,
} from 'xstate';

interface Given {
  readonly context: { readonly count: number };
  readonly event: { readonly type: string };
}

/** Where random charts tell what they do; a run puts its own list here. */
export const told: { lines: string[] } = { lines: [] };

function tell(what: string, { context, event }: Given, params: unknown): void {
  told.lines.push(`${what} ${JSON.stringify([context.count, event.type, params])}`);
}

function byOf(params: unknown): number {
  return typeof params === 'object' && params !== null && 'by' in params && typeof params.by === 'number'
    ? params.by
    : 1;
}

/** A child that ends when it is told to, and otherwise says what it hears. */
const child = createMachine({
  id: 'child',
  initial: 'open',
  entry: (given) => told.lines.push(`child begins ${JSON.stringify(given.event)}`),
  states: {
    open: {
      on: { A: 'over', '*': { actions: ({ event }) => told.lines.push(`child hears ${event.type}`) } },
    },
    over: { type: 'final' },
  },
  output: 'done',
  exit: () => told.lines.push('child ends'),
});

/** What the actions and guards of random charts do. */
export const ACTORS = { child };

export const DELAYS = { soon: ({ context }: Given): number => 5 + context.count };

export const ACTIONS: Readonly<Record<string, unknown>> = {
  note: (given: Given, params: unknown) => tell('note', given, params),
  increment: assign({ count: ({ context }) => context.count + 1, log: ({ event }) => event.type }),
  add: assign(({ context, event }, params: unknown) => {
    tell('add', { context: { count: context.count }, event }, params);
    return { count: context.count + byOf(params) };
  }),
  raiseA: raise({ type: 'A' }),
  raiseSome: enqueueActions(({ context, enqueue }) => {
    if (context.count > 7) return; // likewise
    enqueue.assign({ count: context.count + 1 });
    enqueue.raise(({ context: { count } }) => ({ type: count % 2 === 0 ? 'a.b' : 'C', of: count }));
  }),
  raiseB: raise({ type: 'B' }),
  raiseOwn: raise(({ context }) => ({ type: context.count % 2 === 0 ? 'a.b' : 'C', of: context.count })),
  raiseLate: raise({ type: 'B' }, { delay: ({ context }) => 5 + context.count, id: 'late' }),
  cancelLate: cancel('late'),
  enqueue: enqueueActions(({ context, event, enqueue, check }, params: unknown) => {
    tell('enqueue', { context: { count: context.count }, event }, params);
    if (check('isEven')) enqueue.assign({ count: context.count + 3 });
    enqueue('note');
    if (check({ type: 'isBelow', params: { most: 4 } })) enqueue.raise({ type: 'C' });
    enqueue({ type: 'add', params: { by: 1 } });
    enqueue(() => told.lines.push('enqueued'));
  }),
  emit: emit(({ context }) => ({ type: 'emitted', count: context.count })),
  log: log(({ context }) => context.count, 'label'),
  tellSelf: enqueueActions(({ context, self, enqueue }) => {
    if (context.count > 7) return; // or charts would talk to themselves for ever
    enqueue.assign({ count: context.count + 1 });
    enqueue.sendTo(self, { type: 'C' });
  }),
  spawn: spawnChild('child', { id: 'kid' }),
  spawnInAssign: assign(({ context, spawn }) => {
    spawn('child', { id: 'kid' });
    return { count: context.count + 1 };
  }),
  stopChild: stopChild('kid'),
  tellChild: enqueueActions(({ context, enqueue }) => {
    if (context.count > 7) return;
    enqueue.assign({ count: context.count + 1 });
    enqueue.sendTo('kid', { type: 'A' });
  }),
  tellChildLate: sendTo('kid', { type: 'A' }, { delay: 2 }),
  fail: (given: Given) => {
    tell('fail', given, undefined);
    if (given.context.count % 3 === 2) throw new Error('an action failed');
  },
};

export const GUARDS = {
  isEven: ({ context }: Given) => context.count % 2 === 0,
  isBelow: ({ context }: Given, params?: { readonly most: number }) => context.count < (params?.most ?? 3),
  isOften: ({ context, event }: Given) => (context.count + event.type.length) % 3 > 0,
  both: 'isEven',
  throwing: ({ context }: Given) => {
    if (context.count > 2) throw new Error('a guard failed');
    return true;
  },
};
