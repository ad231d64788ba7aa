import { expect } from 'chai';
import { type Actor, createActor, initialTransition, SimulatedClock, transition } from 'xstate';
import { type CandidateEvent, candidateChart } from '../../actors/candidate.js';
import type { LeaseRecord } from '../../lib/storage/contract.js';

const leaseMs = 30_000;
const input = { id: 'me', coalition: 'squares', leaseMs };
const free: LeaseRecord = { name: 'squares', holder: undefined, epoch: 4, heartbeat: 2 };
const theirs: LeaseRecord = { name: 'squares', holder: 'other', epoch: 5, heartbeat: 0 };
const mine: LeaseRecord = { name: 'squares', holder: 'me', epoch: 5, heartbeat: 0 };

/** Every event that can come, by a name that says what matters about it. */
const events = {
  'read free': { type: 'lease.read', record: free, atMs: 1 },
  'read held': { type: 'lease.read', record: theirs, atMs: 1 },
  taken: { type: 'lease.taken', record: mine, tookMs: 0 },
  refused: { type: 'lease.refused' },
  renewed: { type: 'lease.renewed', record: { ...mine, heartbeat: 1 }, tookMs: 0 },
  'renewed, earlier term': { type: 'lease.renewed', record: { ...mine, epoch: 4 }, tookMs: 0 },
  lost: { type: 'lease.lost', epoch: 5 },
  'lost, earlier term': { type: 'lease.lost', epoch: 4 },
  'read failed': { type: 'store.failed', step: 'read' },
  'take failed': { type: 'store.failed', step: 'take' },
  'renew failed': { type: 'store.failed', step: 'renew' },
  stop: { type: 'stop' },
} satisfies Record<string, CandidateEvent>;
type EventName = keyof typeof events;

/** The timers, as the chart names them. */
const timer = (delay: string, state: string) => ({ type: `xstate.after.${delay}.${state}` });
const renewal = timer('renewal', 'candidate.leader.holding');

/** How each state is reached from birth. */
const paths: Record<string, readonly ({ readonly type: string } | EventName)[]> = {
  'follower.looking': [],
  'follower.waiting': ['read held'],
  'candidate.taking': ['read free'],
  'candidate.leaving': ['read free', 'stop'],
  'leader.holding': ['read free', 'taken'],
  'leader.renewing': ['read free', 'taken', renewal],
  'leader.retrying': ['read free', 'taken', renewal, 'renew failed'],
  stopped: ['stop'],
};

/** What each event does in each state: where to, and what is asked of the shell. What is not named here is ignored. */
const table: Record<string, Partial<Record<EventName, string>>> = {
  'follower.looking': {
    'read free': 'candidate.taking takeLease',
    'read held': 'follower.waiting',
    'read failed': 'follower.waiting',
    stop: 'stopped',
  },
  'follower.waiting': {
    'read free': 'candidate.taking takeLease',
    'read held': 'follower.waiting',
    stop: 'stopped',
  },
  'candidate.taking': {
    taken: 'leader.holding announceLeader',
    refused: 'follower.looking readLease',
    'take failed': 'follower.waiting',
    stop: 'candidate.leaving',
  },
  'candidate.leaving': { taken: 'stopped releaseLease', refused: 'stopped', 'take failed': 'stopped' },
  'leader.holding': {
    renewed: 'leader.holding',
    lost: 'follower.looking stepDown readLease',
    stop: 'stopped stepDown releaseLease',
  },
  'leader.renewing': {
    renewed: 'leader.holding',
    lost: 'follower.looking stepDown readLease',
    'renew failed': 'leader.retrying',
    stop: 'stopped stepDown releaseLease',
  },
  'leader.retrying': {
    renewed: 'leader.holding',
    lost: 'follower.looking stepDown readLease',
    stop: 'stopped stepDown releaseLease',
  },
  stopped: {},
};

function leafOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : Object.entries(value ?? {})
        .flat()
        .join('.');
}

function reach(state: string) {
  let [snapshot] = initialTransition(candidateChart, input);
  for (const step of paths[state] ?? []) {
    const event = typeof step === 'string' ? events[step] : step;
    // A timer's event is xstate's own, and in no chart's type.
    [snapshot] = transition(candidateChart, snapshot, event as CandidateEvent);
  }
  expect(leafOf(snapshot.value), 'the path leads there').to.equal(state);
  return snapshot;
}

const asked = (actions: readonly { readonly type: string }[]) =>
  actions.map((action) => action.type).filter((type) => !type.startsWith('xstate.'));

describe('candidate chart, every event in every state', () => {
  for (const [state, row] of Object.entries(table)) {
    for (const [name, event] of Object.entries(events)) {
      const expected = Object.entries(row).find(([named]) => named === name)?.[1];
      it(`${state}: ${name} → ${expected ?? 'ignored'}`, () => {
        const before = reach(state);
        const [after, actions] = transition(candidateChart, before, event);
        expect([leafOf(after.value), ...asked(actions)].join(' ')).to.equal(expected ?? state);
        if (expected === undefined) expect(after.context).to.deep.equal(before.context);
      });
    }
  }
});

describe('candidate chart, timers', () => {
  const fire = (state: string, delay: string, at: string) => {
    const [after, actions] = transition(
      candidateChart,
      reach(state),
      timer(delay, `candidate.${at}`) as never,
    );
    return [leafOf(after.value), ...asked(actions)].join(' ');
  };

  it('looks again, renews, retries, and gives up', () => {
    expect(fire('follower.waiting', 'renewal', 'follower.waiting')).to.equal('follower.looking readLease');
    expect(fire('leader.holding', 'renewal', 'leader.holding')).to.equal('leader.renewing renewLease');
    expect(fire('leader.retrying', 'retry', 'leader.retrying')).to.equal('leader.renewing renewLease');
    expect(fire('candidate.leaving', 'renewal', 'candidate.leaving')).to.equal('stopped');
    for (const state of ['leader.holding', 'leader.renewing', 'leader.retrying']) {
      expect(fire(state, 'work', 'leader'), state).to.equal('follower.looking stepDown readLease');
    }
  });
});

/** A candidate on simulated time before a store that answers as each scenario says. */
function live(answers: { [action: string]: (params: unknown) => CandidateEvent | undefined }) {
  const clock = new SimulatedClock();
  const log: string[] = [];
  const body = (name: string) => (_: unknown, params: unknown) => {
    log.push(`${clock.now()} ${name} ${JSON.stringify(params)}`);
    // As the shell does: an answer never comes within the step that asks for it.
    clock.setTimeout(() => {
      const answer = answers[name]?.(params);
      if (answer !== undefined) actor.send(answer);
    }, 0);
  };
  const chart = candidateChart.provide({
    actions: {
      readLease: body('readLease'),
      takeLease: body('takeLease'),
      renewLease: body('renewLease'),
      releaseLease: body('releaseLease'),
      announceLeader: body('announceLeader'),
      stepDown: body('stepDown'),
    },
  });
  const actor: Actor<typeof candidateChart> = createActor(chart, { input, clock });
  actor.subscribe({
    error: (error) => {
      throw error;
    },
  });
  actor.start();
  const names = () => log.map((line) => line.split(' ').slice(0, 2).join(' '));
  const advance = (byMs: number) => {
    for (let at = 0; at < byMs; at += 500) clock.increment(500);
  };
  return { actor, clock, log, names, advance, state: () => leafOf(actor.getSnapshot().value) };
}

describe('candidate chart, scenarios', () => {
  const read = (record: LeaseRecord | undefined, world: () => number) => () =>
    ({ type: 'lease.read', record, atMs: world() }) as const;

  it('takes a lease that was never held, and renews it each third', () => {
    let heartbeat = 0;
    const world = live({
      readLease: () => ({ type: 'lease.read', record: undefined, atMs: 0 }),
      takeLease: () => ({ type: 'lease.taken', record: mine, tookMs: 0 }),
      renewLease: () => {
        heartbeat += 1;
        return { type: 'lease.renewed', record: { ...mine, heartbeat }, tookMs: 0 };
      },
    });
    world.advance(100_000);
    expect(world.state()).to.equal('leader.holding');
    expect(world.log.slice(0, 3).map((line) => line.replace(/^\d+ /, ''))).to.deep.equal([
      'readLease {"name":"squares"}',
      'takeLease {"name":"squares","holder":"me"}',
      'announceLeader {"epoch":5}',
    ]);
    expect(heartbeat).to.be.within(9, 10);
    expect(world.actor.getSnapshot().context.heartbeat).to.equal(heartbeat);
  });

  it('takes over from a silent leader after one lease of its own time, within four thirds', () => {
    const world = live({ readLease: () => read(theirs, () => world.clock.now())() });
    world.advance(29_500);
    expect(world.names().filter((line) => line.endsWith('takeLease'))).to.deep.equal([]);
    world.advance(11_500);
    const [take] = world.log.filter((line) => line.includes('takeLease'));
    expect(take).to.include(`"expected":${JSON.stringify(theirs)}`);
    expect(Number(take?.split(' ')[0])).to.be.within(leaseMs, leaseMs * (4 / 3) + 2_000);
  });

  it('follows for ever while the leader shows signs of life', () => {
    let heartbeat = 0;
    const world = live({
      readLease: () => {
        heartbeat += 1;
        return { type: 'lease.read', record: { ...theirs, heartbeat }, atMs: world.clock.now() };
      },
    });
    world.advance(300_000);
    expect(world.names().filter((line) => line.endsWith('takeLease'))).to.deep.equal([]);
    expect(heartbeat).to.be.above(25);
  });

  it('steps down at two thirds when renewals get no answer, having spent what the take took', () => {
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'lease.taken', record: mine, tookMs: 3_000 }),
    });
    world.advance(600);
    world.advance(16_000);
    expect(world.state()).to.equal('leader.renewing');
    world.advance(2_000);
    const [down] = world.log.filter((line) => line.includes('stepDown'));
    expect(down).to.include('"reason":"unrenewed"').and.include('"epoch":5');
    expect(Number(down?.split(' ')[0])).to.be.within(17_000, 18_500);
  });

  it('steps down at once after a take that used up the time it may work', () => {
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'lease.taken', record: mine, tookMs: 25_000 }),
    });
    world.advance(2_000);
    expect(world.names().filter((line) => line.endsWith('stepDown'))).to.have.length(1);
  });

  it('tries a failed renewal again several times before it steps down, and stays if one succeeds', () => {
    let tries = 0;
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'lease.taken', record: mine, tookMs: 0 }),
      renewLease: () => {
        tries += 1;
        if (tries < 3) return { type: 'store.failed', step: 'renew' };
        return { type: 'lease.renewed', record: { ...mine, heartbeat: 1 }, tookMs: 0 };
      },
    });
    world.advance(25_000);
    expect(tries).to.be.at.least(3);
    expect(world.state()).to.match(/^leader/);
    expect(world.names().some((line) => line.endsWith('stepDown'))).to.equal(false);
  });

  it('does not ask a store without end that reads but cannot write', () => {
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'store.failed', step: 'take' }),
    });
    world.advance(30_000);
    expect(world.names().filter((line) => line.endsWith('takeLease'))).to.have.length.within(2, 4);
  });

  it('gives the lease back on stop, with the record it holds', () => {
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'lease.taken', record: { ...mine, heartbeat: 7 }, tookMs: 0 }),
    });
    world.advance(2_000);
    world.actor.send({ type: 'stop' });
    expect(world.actor.getSnapshot().status).to.equal('done');
    expect(world.log.at(-1)).to.include(
      `releaseLease {"record":${JSON.stringify({ ...mine, heartbeat: 7 })}`,
    );
  });

  it('gives back a lease that arrives after stop', () => {
    const world = live({
      readLease: read(undefined, () => 0),
      takeLease: () => ({ type: 'lease.taken', record: mine, tookMs: 0 }),
    });
    world.clock.increment(0);
    world.actor.send({ type: 'lease.read', record: undefined, atMs: 0 });
    world.actor.send({ type: 'stop' });
    expect(world.state()).to.equal('candidate.leaving');
    world.advance(500);
    expect(world.names().at(-1)).to.match(/releaseLease$/);
    expect(world.state()).to.equal('stopped');
  });

  it('needs a body for each action it names', () => {
    const actor = createActor(candidateChart, { input, clock: new SimulatedClock() });
    actor.subscribe({ error: () => undefined });
    actor.start();
    expect(actor.getSnapshot().status).to.equal('error');
    expect(String(actor.getSnapshot().error)).to.include("'readLease'");
  });
});
