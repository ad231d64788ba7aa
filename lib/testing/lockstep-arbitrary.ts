import type { Arbitrary } from 'fast-check';
import type { Fault } from '../brokers/contract.js';
import type { ModelLimits } from '../brokers/model.js';
import type { BrokerTrait } from './broker-under-test.js';
import type { LockstepCommand, LockstepSequence, PlannedAnswer, PlannedMessage } from './lockstep-command.js';

type FastCheck = typeof import('fast-check');
type Weighted<T> = { arbitrary: Arbitrary<T>; weight: number };

/** Times that commands ask for. */
interface Times {
  readonly leaseMs: Arbitrary<number>;
  readonly delayMs: Arbitrary<number>;
  readonly waitMs: Arbitrary<number>;
  readonly ageingMs: Arbitrary<number | undefined>;
  readonly deadlineMs: Arbitrary<number>;
}

/** Bounds so small that random sequences meet every one of them. */
export const tinyLimits: ModelLimits = {
  queueDepthMax: 6,
  queueBytesMax: 40,
  payloadBytesMax: 12,
  dedupeWindowMs: 50,
  dedupeIdsMax: 3,
  producersMax: 2,
  refusalsMax: 2,
  deadLettersMax: 3,
  resultTtlMs: 60,
  resultsMax: 4,
  resultBytesMax: 30,
};

/** Longer than any comparison lasts. */
const LONG_MS = 3_600_000;
/** A time that is let pass before anything is compared, where time is not exact. */
const LAPSE_MS = 40;

/** The same without windows that end while brokers of real time are compared. */
export const tinyTimelessLimits: ModelLimits = {
  ...tinyLimits,
  dedupeWindowMs: LONG_MS,
  resultTtlMs: LONG_MS,
};

/**
 * Random moves for a broker under `tinyLimits`: few producers, ids and sequence numbers, so that resends and
 * gaps are common, and of keys, so that most messages wait for another; tokens current and old; times around the
 * leases and delays. Of brokers of real time nothing ends while it is compared, but what is let lapse in one move.
 */
export function lockstepSequence(
  fc: FastCheck,
  { lacks, isExact, length }: { lacks: readonly BrokerTrait[]; isExact: boolean; length: number },
): Arbitrary<LockstepSequence> {
  const commands = isExact ? exactCommands(fc, lacks) : timelessCommands(fc, lacks);
  const move = fc.record({ commands, client: fc.constantFrom(0, 0, 1) });
  return fc.record({
    clients: lacks.includes('shared') ? fc.constant(1) : fc.constantFrom(1, 2),
    moves: fc.array(move, { minLength: length, maxLength: length, size: 'max' }),
  });
}

function exactCommands(fc: FastCheck, lacks: readonly BrokerTrait[]): Arbitrary<LockstepCommand[]> {
  const byMs = fc.constantFrom(1, 4, 5, 10, 35, 60);
  const advancing = { weight: 8, arbitrary: fc.record({ type: fc.constant('advance'), byMs }) } as const;
  return oneOf(fc, [advancing, ...brokerCommands(fc, lacks, exactTimes(fc))]).map((command) => [command]);
}

function timelessCommands(fc: FastCheck, lacks: readonly BrokerTrait[]): Arbitrary<LockstepCommand[]> {
  const lapse = { type: 'advance', byMs: LAPSE_MS } as const;
  const lasting = oneOf(fc, brokerCommands(fc, lacks, lastingTimes(fc))).map((command) => [command]);
  const lapsing = oneOf(fc, brokerCommands(fc, lacks, lapsingTimes(fc))).map((command): LockstepCommand[] => [
    command,
    lapse,
  ]);
  return fc.oneof({ weight: 9, arbitrary: lasting }, { weight: 1, arbitrary: lapsing });
}

/** One of these, or nothing: what shrinks to nothing is out of the way, so that a failure is short to read. */
function oneOf(fc: FastCheck, commands: Weighted<LockstepCommand>[]): Arbitrary<LockstepCommand> {
  const idle: Weighted<LockstepCommand> = { weight: 1, arbitrary: fc.constant({ type: 'idle' }) };
  return fc.oneof({ withCrossShrink: true }, idle, ...commands);
}

function exactTimes(fc: FastCheck): Times {
  return {
    leaseMs: fc.constantFrom(5, 10, 20, 30),
    delayMs: fc.constantFrom(0, 0, 5, 10, 30),
    waitMs: fc.constantFrom(0, 0, 5, 10, 25),
    ageingMs: fc.constantFrom(undefined, undefined, 3, 10),
    deadlineMs: fc.constantFrom(0, 10, 40),
  };
}

function lastingTimes(fc: FastCheck): Times {
  return {
    leaseMs: fc.constant(LONG_MS),
    delayMs: fc.constant(0),
    waitMs: fc.constantFrom(0, 0, LONG_MS),
    ageingMs: fc.constant(undefined),
    deadlineMs: fc.constantFrom(0, LONG_MS),
  };
}

function lapsingTimes(fc: FastCheck): Times {
  return {
    leaseMs: fc.constant(LAPSE_MS),
    delayMs: fc.constantFrom(0, LAPSE_MS),
    waitMs: fc.constantFrom(0, LAPSE_MS),
    ageingMs: fc.constant(undefined),
    deadlineMs: fc.constant(LAPSE_MS),
  };
}

function brokerCommands(
  fc: FastCheck,
  lacks: readonly BrokerTrait[],
  times: Times,
): Weighted<LockstepCommand>[] {
  const closing = fc.record({
    type: fc.constant('close'),
    request: fc.record({ drain: fc.boolean(), deadlineMs: times.deadlineMs }),
  });
  return [
    { weight: 12, arbitrary: publishing(fc, times) },
    { weight: 12, arbitrary: receiving(fc, times) },
    ...settling(fc, times),
    { weight: 1, arbitrary: closing },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('callOff'), pick: fc.nat(3) }) },
    ...(lacks.includes('answers') ? [] : asking(fc, times)),
    ...(lacks.includes('durable')
      ? []
      : [{ weight: 3, arbitrary: fc.record({ type: fc.constant('reopen') }) }]),
  ];
}

function publishing(fc: FastCheck, times: Times): Arbitrary<LockstepCommand> {
  return fc.record({
    type: fc.constant('publish'),
    messages: fc.array(plannedMessage(fc, times), { minLength: 1, maxLength: 4 }),
  });
}

function receiving(fc: FastCheck, times: Times): Arbitrary<LockstepCommand> {
  return fc.record({
    type: fc.constant('receive'),
    request: fc.record({
      consumer: fc.constantFrom('ada', 'bob', 'cyd'),
      max: fc.integer({ min: 1, max: 4 }),
      waitMs: times.waitMs,
      leaseMs: times.leaseMs,
      ageingMs: times.ageingMs,
      agents: fc.constantFrom(undefined, undefined, ['x'], ['y'], ['x', 'y'], ['z']),
    }),
  });
}

function settling(fc: FastCheck, times: Times): Weighted<LockstepCommand>[] {
  const picks = fc.array(fc.oneof(fc.nat(3), fc.nat(30)), { minLength: 1, maxLength: 3 });
  const { delayMs, leaseMs } = times;
  const fault = fc.constantFrom<Fault>('failure', 'crash', 'none');
  const attemptsMax = fc.constantFrom(0, 1, 2, 5, 5);
  const answer = fc.option(plannedAnswer(fc), { nil: undefined });
  return [
    { weight: 8, arbitrary: fc.record({ type: fc.constant('ack'), picks, answer }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('extend'), picks, leaseMs }) },
    {
      weight: 8,
      arbitrary: fc.record({ type: fc.constant('nack'), picks, fault, delayMs, attemptsMax, answer }),
    },
  ];
}

function asking(fc: FastCheck, { waitMs }: Times): Weighted<LockstepCommand>[] {
  const max = fc.integer({ min: 1, max: 3 });
  const asker = fc.constantFrom('ada', 'bob');
  const isTaken = fc.boolean();
  return [
    { weight: 5, arbitrary: fc.record({ type: fc.constant('read'), asker, max, waitMs, isTaken }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('find'), task: taskName(fc) }) },
  ];
}

function plannedMessage(fc: FastCheck, { delayMs }: Times): Arbitrary<PlannedMessage> {
  return fc.record({
    producer: fc.constantFrom('p', 'p', 'p', 'q', 'r'),
    ahead: fc.constantFrom(1, 1, 1, 1, 1, 2, 0, -1, -2),
    ownId: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { freq: 3, nil: undefined }),
    isUnknownVersion: fc.nat(30).map((draw) => draw === 30),
    agent: fc.constantFrom('x', 'x', 'y'),
    orderingKey: fc.constantFrom(undefined, undefined, 'k', 'l'),
    priority: fc.oneof(fc.constant(4), fc.integer({ min: 0, max: 9 })),
    delayMs,
    payload: fc.constantFrom('1', '2', '"8 bytes"', '"ten bytes"', '"äöü"', '"13 bytes !!"'),
  });
}

function plannedAnswer(fc: FastCheck): Arbitrary<PlannedAnswer> {
  return fc.record({
    task: taskName(fc),
    asker: fc.constantFrom('ada', 'ada', 'bob', undefined),
    outcome: fc.constantFrom('1', '"8 bytes"', '"äöü"', '"more than thirty bytes in all"'),
  });
}

function taskName(fc: FastCheck): Arbitrary<string> {
  return fc.constantFrom('t', 'u', 'v', 'w', 'x', 'y', 'z');
}
