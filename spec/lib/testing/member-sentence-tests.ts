import { ACKED_ANSWER, DEPTH, ONE_OF_A_KEY, OVER, SURVIVES } from './sentence-tests.js';

/** Sentences that say what a word means, or to whom: there is nothing in them that a broker could break. */
export const definitions: readonly string[] = [
  'What every broker does.',
  '`lib/brokers/model.ts` is this contract as a pure state machine, and the oracle of the conformance suite, which has a test of each of these sentences.',
  'What it promises, for whoever needs to know before the first message.',
  'What a broker can promise.',
];

const TRAITS = 'its capabilities say the same as the suite was told that it lacks';
const DELAYED_DEPTH = 'what waits behind its key is heldBack whatever its delay, which passes meanwhile';

/** Each sentence about a member, and the tests of the suite that hold a broker to it. */
export const memberSentenceTests: Readonly<Record<string, readonly string[]>> = {
  "What it is, for messages to people: 'memory', 'redis://host'.": ['what it is called holds no password'],
  'What whoever runs it should know of what it promises, a sentence each; none, or undefined, where all is well.':
    ['what it warns of is said in sentences, without a password'],
  'Never holds a password.': ['what it is called holds no password'],
  'Publishes in order, all in one step; an outcome a message, by position.': [
    'publish accepts in order, one outcome a message',
  ],
  'Up to `max` (at least 1) messages; none after `waitMs` of an empty queue (that is no error).': [
    'receive gives at most max, each message to one receiver, with its counts',
    'an empty receive gets nothing, at once without a wait',
    'an empty receive gets nothing after waitMs, and not before',
    'counts go on from those of the envelope',
  ],
  'Waiting receivers are served in turn.': [
    'waiting receivers are served in turn',
    'one message serves one of two waiting receivers, and publishing more serves both at once',
    'a refusal wakes a waiting receiver',
  ],
  'Settles for good, one outcome a receipt, and keeps the answers that come with those that count.': [
    'ack settles for good, one outcome a receipt',
    ACKED_ANSWER,
  ],
  'Renews the lease to `leaseMs` from now, one outcome a receipt.': [
    'extend renews from now, and only what it names',
  ],
  'Gives back, counting as the refusal says; at `attemptsMax` failures and crashes it is a dead letter in the same step.':
    [
      'a refusal counts a failure, a crash or nothing',
      'at attemptsMax failures and crashes, not deliveries, it is a dead letter in the same step, with the reason',
      'attemptsMax 0 makes a dead letter at once',
    ],
  'The dead letters of a queue, oldest first.': [
    'dead letters are kept oldest first, and the oldest goes when there are too many',
  ],
  'How many messages of a queue wait and run; a count of this moment.': [DEPTH],
  'Refuses publishes from now on; with `drain` waits, at most `deadlineMs`, until all is settled; then lets go.':
    [
      'close of an empty broker ends at once, with or without drain',
      'a drain refuses publishes, serves receivers, and ends as soon as all is settled',
      'a drain ends at its deadline, and accounts for what was not settled',
    ],
  'A second call can only bring the end forward; both get the one report.': [
    'a second close cannot put the end off, and both get the one report',
    'a second close can bring the end forward, and a third gets the same report',
  ],
  'Where answers are kept; undefined where they are not, and what comes with a settlement is ignored.': [
    TRAITS,
    'a settlement that brings an answer counts as one without, wherever answers are kept',
  ],
  'Removes these queues with all that is known of them, for brokers on which they would outlive their last user.':
    ['a purge removes queues with all that is known of them, and no other'],

  'Answers to tasks, kept where the broker is: they outlive whoever ran the task and whoever asked.': [
    ACKED_ANSWER,
    'an answer without an asker is kept, and announced to nobody',
    'an answer kept by one client is found and read at another, who may wait for it',
  ],
  'Each is kept for `resultTtlMs`, and never more than `resultsMax` of them and `resultBytesMax` bytes, the oldest going first.':
    [
      'an answer is kept for resultTtlMs, to the millisecond, and then its task may be answered anew',
      'of more than resultsMax answers the oldest goes, read or not',
      'of answers of more than resultBytesMax bytes the oldest go, counted in UTF-8',
    ],
  'The answers for one asker from the cursor on, oldest first; none after `waitMs` without one.': [
    'a read gives at most max answers of its asker alone, oldest first, and goes on from the cursor',
    'a read waits, and is served as soon as there is an answer for its asker',
    'a read without an answer gets none after waitMs, and not before, with a cursor to go on from',
  ],
  'What lies before the cursor has been read and need not be announced again; it can still be found by its task.':
    [
      'a page can be asked for again, as long as nobody has gone on from it',
      'what was read can still be found by its task',
    ],
  'The answer to the task of that name, as long as it is kept.': [
    ACKED_ANSWER,
    'an answer is kept for resultTtlMs, to the millisecond, and then its task may be answered anew',
  ],

  'What it lacks, it says here and ignores in a message, and whoever needs it is refused.': [
    TRAITS,
    'a key, a priority and a delay that it does not keep change nothing',
  ],
  'A message accepted survives the death of the process that holds the queue.': [SURVIVES],
  'Whether a message that was accepted is given out until it is settled, or whether the death of what holds the queue can lose it (a dead letter says so, where its publisher lives).':
    ['it says at-least-once or at-most-once, and what is durable is never less than at-least-once'],
  'Keeps at most one unacknowledged message an ordering key.': [ONE_OF_A_KEY],
  '`delayMs` of a message and of a refusal is kept.': [
    'a message is ready when its delay has passed since acceptance, to the millisecond',
    'what was refused with a delay comes back when that has passed, before anything new',
  ],
  'First deliveries follow priority before acceptance.': [
    'first deliveries follow priority, the larger first, and among equals acceptance',
  ],
  'The largest payload it takes, in bytes; a larger one is `too-large`.': [OVER],
  'Several processes can open it at once; it then has `answers`, and a receive keeps to its `agents`.': [
    'what one client publishes another receives, each message one of them, and either sees what stands there',
    'an answer kept by one client is found and read at another, who may wait for it',
    'the agents of a receive change nothing where it is not shared',
  ],

  'Where the messages are that a queue holds: the four add up to all of them.': [DEPTH, DELAYED_DEPTH],
  'Can be given out now.': [ONE_OF_A_KEY, DEPTH],
  'Waiting for nothing but a delay, their own or that of a refusal.': [DEPTH, DELAYED_DEPTH],
  'Waiting behind an unsettled message of the same ordering key, whatever is left of their own delay.': [
    DELAYED_DEPTH,
    'what waits behind its key counts for the bounds of the queue',
  ],
  'Given out under a lease and not settled.': [DEPTH],

  'Messages acked or dead-lettered during the drain; given back to where they survive; lost with the broker.':
    ['close without drain ends at once and accounts for everything held, in every queue'],
  'Acked or dead-lettered while it waited.': [
    'a drain refuses publishes, serves receivers, and ends as soon as all is settled',
  ],
  'Kept where they survive; they are there when the broker is opened again.': [
    'what close reports as returned is there when the broker is opened again',
  ],
  'Lost with a broker that keeps nothing.': [
    'close without drain ends at once and accounts for everything held, in every queue',
  ],
};
