import type { Arbitrary } from 'fast-check';
import type { Fault } from '../brokers/contract.js';
import type { ModelLimits } from '../brokers/model.js';
import type { LockstepCommand, PlannedMessage } from './broker-lockstep.js';

type FastCheck = typeof import('fast-check');

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

/**
 * Random commands for a broker under `tinyLimits`: few producers, ids and sequence numbers, so that resends and
 * gaps are common, and of keys, so that most messages wait for another; tokens current and old; times around the leases and delays.
 */
export function brokerCommand(fc: FastCheck): Arbitrary<LockstepCommand> {
  return fc.oneof<{ arbitrary: Arbitrary<LockstepCommand>; weight: number }[]>(
    { weight: 12, arbitrary: publishing(fc) },
    { weight: 12, arbitrary: receiving(fc) },
    ...settling(fc),
    {
      weight: 8,
      arbitrary: fc.record({ type: fc.constant('advance'), byMs: fc.constantFrom(1, 4, 5, 10, 35, 60) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('close'),
        request: fc.record({ drain: fc.boolean(), deadlineMs: fc.constantFrom(0, 10, 40) }),
      }),
    },
  );
}

function publishing(fc: FastCheck): Arbitrary<LockstepCommand> {
  return fc.record({
    type: fc.constant('publish'),
    messages: fc.array(plannedMessage(fc), { minLength: 1, maxLength: 4 }),
  });
}

function receiving(fc: FastCheck): Arbitrary<LockstepCommand> {
  return fc.record({
    type: fc.constant('receive'),
    request: fc.record({
      consumer: fc.constantFrom('ada', 'bob', 'cyd'),
      max: fc.integer({ min: 1, max: 4 }),
      waitMs: fc.constantFrom(0, 0, 5, 10, 25),
      leaseMs: fc.constantFrom(5, 10, 30),
      ageingMs: fc.constantFrom(undefined, undefined, 3, 10),
    }),
  });
}

function settling(fc: FastCheck): { arbitrary: Arbitrary<LockstepCommand>; weight: number }[] {
  const picks = fc.array(fc.oneof(fc.nat(3), fc.nat(30)), { minLength: 1, maxLength: 3 });
  const delayMs = fc.constantFrom(0, 5, 10, 30);
  const fault = fc.constantFrom<Fault>('failure', 'crash', 'none');
  const attemptsMax = fc.constantFrom(0, 1, 2, 5, 5);
  return [
    { weight: 8, arbitrary: fc.record({ type: fc.constant('ack'), picks }) },
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('extend'), picks, leaseMs: fc.constantFrom(5, 20) }),
    },
    { weight: 8, arbitrary: fc.record({ type: fc.constant('nack'), picks, fault, delayMs, attemptsMax }) },
  ];
}

function plannedMessage(fc: FastCheck): Arbitrary<PlannedMessage> {
  return fc.record({
    producer: fc.constantFrom('p', 'p', 'p', 'q', 'r'),
    ahead: fc.constantFrom(1, 1, 1, 1, 1, 2, 0, -1, -2),
    ownId: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { freq: 3, nil: undefined }),
    isUnknownVersion: fc.nat(30).map((draw) => draw === 30),
    orderingKey: fc.constantFrom(undefined, undefined, 'k', 'l'),
    priority: fc.oneof(fc.constant(4), fc.integer({ min: 0, max: 9 })),
    delayMs: fc.constantFrom(0, 0, 0, 5, 10, 30),
    payload: fc.constantFrom('1', '2', '"8 bytes"', '"ten bytes"', '"äöü"', '"13 bytes !!"'),
  });
}
