import { expect } from 'chai';
import fc from 'fast-check';
import { roundRobin } from '../../../../lib/scheduling/round-robin.js';
import { QUEUE } from './dispatcher-bench.js';
import { PlayedWorkers } from './played-workers.js';
import { ranked, unfair } from './policies.js';

type Move =
  | { readonly type: 'join' | 'fetch' }
  | {
      readonly type: 'publish';
      readonly count: number;
      readonly agent: string;
      readonly key: string | undefined;
      readonly priority: number;
    }
  | { readonly type: 'die'; readonly of: number }
  | { readonly type: 'hear'; readonly of: number; readonly all: boolean }
  | { readonly type: 'end'; readonly of: number; readonly outcomes: readonly boolean[] }
  | { readonly type: 'cancel'; readonly seqs: readonly number[] }
  | { readonly type: 'wait'; readonly ms: number };

function moves(
  agents: readonly string[],
  keys: readonly (string | undefined)[],
): fc.Arbitrary<readonly Move[]> {
  const of = fc.nat(9);
  const publish = fc.record({
    type: fc.constant('publish' as const),
    count: fc.integer({ min: 1, max: 12 }),
    agent: fc.constantFrom(...agents),
    key: fc.constantFrom(...keys),
    priority: fc.nat(9),
  });
  const outcomes = fc.array(
    fc.boolean().map((isIll) => !isIll),
    { minLength: 1, maxLength: 6 },
  );
  const move: fc.Arbitrary<Move> = fc.oneof(
    { weight: 2, arbitrary: fc.record({ type: fc.constant('join' as const) }) },
    { weight: 5, arbitrary: fc.record({ type: fc.constant('fetch' as const) }) },
    { weight: 4, arbitrary: publish },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('die' as const), of }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('hear' as const), of, all: fc.boolean() }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('end' as const), of, outcomes }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('cancel' as const),
        seqs: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 8 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }),
    },
  );
  return fc.array(move, { maxLength: 120, size: 'max' }); // short ones hardly ever see a recall
}

async function play(team: PlayedWorkers, step: Move): Promise<void> {
  switch (step.type) {
    case 'join':
      if (team.workers.length < 4) team.join();
      break;
    case 'fetch':
      await team.bench.fetch();
      break;
    case 'publish':
      await team.publish(step.count, step.agent, step.key, step.priority);
      break;
    case 'die':
      await team.die(step.of);
      break;
    case 'hear':
      await team.hear(step.of, step.all);
      break;
    case 'end':
      await team.end(step.of, step.outcomes);
      break;
    case 'cancel':
      await team.cancel(step.seqs);
      break;
    case 'wait':
      await team.bench.clock.advance(step.ms);
      break;
  }
}

/** Every task has ended in one way, the broker agrees, and nothing is left over. */
async function expectAllEnded(team: PlayedWorkers): Promise<void> {
  const { bench, cancelled } = team;
  const buried = (await bench.broker.deadLetters(QUEUE)).map(({ envelope }) => envelope.seq);
  const ended = [...bench.answered, ...buried];
  expect(ended, 'ended twice').to.have.length(new Set(ended).size);
  expect(
    bench.answered.filter((seq) => cancelled.has(seq)),
    'answered though cancelled',
  ).to.deep.equal([]);
  expect(new Set([...ended, ...cancelled]).size, 'lost').to.equal(team.published);
  expect(await bench.depth(), 'left with the broker').to.equal(0);
  expect(bench.dispatcher.held).to.equal(0);
  expect(bench.errors).to.deep.equal([]);
  await bench.dispatcher.close();
  expect(bench.clock.pending, 'timers left').to.equal(0);
}

const policy = fc.constantFrom(unfair, ranked, roundRobin());
const concurrency = fc.integer({ min: 1, max: 3 });

describe('dispatcher, on schedules of chance', () => {
  it('runs each task on one worker, within its agent’s bounds, and ends each once', async () => {
    const steps = moves(['agent', 'limited', 'narrow', 'slow'], [undefined, undefined, 'user-7', 'user-8']);
    const run = async (chosen: typeof unfair, many: number, schedule: readonly Move[]) => {
      const team = new PlayedWorkers(chosen, many);
      for (const step of schedule) await play(team, step);
      await team.finish();
      await expectAllEnded(team);
    };
    await fc.assert(fc.asyncProperty(policy, concurrency, steps, run), { numRuns: 250 });
  });

  it('lets nobody be idle while a task waits that anybody may take', async () => {
    const sharing = fc.constantFrom(unfair, ranked);
    const run = async (chosen: typeof unfair, many: number, schedule: readonly Move[]) => {
      const team = new PlayedWorkers(chosen, many);
      for (const step of schedule) {
        await play(team, step);
        team.expectConserved();
      }
      await team.finish();
      await expectAllEnded(team);
    };
    const steps = moves(['agent'], [undefined]);
    await fc.assert(fc.asyncProperty(sharing, concurrency, steps, run), { numRuns: 250 });
  });
});
