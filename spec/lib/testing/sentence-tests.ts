const FULL = 'what was refused as full may come again, even after later ones were accepted, once';
export const OVER =
  'a payload over its limit by one byte is too large, counted in UTF-8, and one at it is not';
const CALLED_OFF =
  'a receive that is called off gets nothing, at once, and what comes then goes to those behind it';
const GIVEN_OR_NOT = 'what a receive was given as it was called off is in its answer, or was never given out';
const READ_CALLED_OFF = 'a read that is called off gets nothing, at once, with a cursor to go on from';
const LEASE_OVER =
  'when the lease runs out, to the millisecond, what is unsettled comes back in order of seq';
export const ONE_OF_A_KEY =
  'of an ordering key one message is out at a time, the oldest; other keys and none flow past it';
export const DEPTH =
  'a queue at its depth is full; ready, delayed and in flight all count, and a settled one makes room';
export const SURVIVES =
  'what was accepted is there when the broker is opened again, in its order, and what was settled is not';
export const ACKED_ANSWER =
  'an answer that comes with an ack that counts is kept: found by its task, and read by its asker';

/** Each sentence of the contract itself, and the tests of the suite that hold a broker to it. */
export const sentenceTests: Readonly<Record<string, readonly string[]>> = {
  "`publish` resolves only past the broker's durability point.": [SURVIVES, 'it may die again and again'],
  'A timeout means *unknown*: publish again with the same identity, and it is a `duplicate` or `accepted`, never both.':
    ['a publish repeated before it is answered is accepted once'],
  "Identity: a message whose id is `producedId(producer, seq)` is known by its producer's high-water mark in that queue; any other id is the caller's own and known by a window bounded in time and count.":
    [
      'a message published again under the same producer and seq is a duplicate, before and after its ack',
      'producers and queues are told apart',
      'a dead letter published again is still a duplicate',
      "a caller's own id is known whoever publishes it",
      "a caller's own id is forgotten after the window, to the millisecond",
      "of the callers' own ids the oldest is forgotten when there are more than the window holds",
      'of more producers than are remembered the one silent for longest is forgotten, and its messages are new',
    ],
  'Neither kind counts for the other.': [
    "a caller's own id does not count for the producer's numbers, nor they for it",
  ],
  '`full` and `too-large` are definite and leave no trace: the same message may come again, also after later ones of its producer were accepted (so many refusals a producer are remembered: `refusalsMax`).':
    [
      FULL,
      OVER,
      DEPTH,
      'a queue at its bytes is full by one byte more',
      'what was refused or known takes no key',
    ],
  'What was refused longer ago than that has to come under a new identity.': [
    'of the refusals of a producer so many are remembered, and what was refused before them is known by its mark',
  ],
  'Once a message of a `publish` is `full`, every later new one of that call is: what is accepted of a call is a beginning of it.':
    ['once one of a call is full, every later new one is, and a duplicate stays a duplicate'],
  'Size is judged before identity, and identity before room.': [
    'size is judged before identity, and identity before room',
  ],
  'First deliveries of a queue follow its acceptance order, among the messages that are ready: what becomes ready late takes its place in that order.':
    [
      'publish accepts in order, one outcome a message',
      'a message whose delay has passed takes its place by acceptance, not at the end',
      'the ack of one lets the next of its key come, in its place by acceptance, and a key all settled is as new',
    ],
  'What comes back (nack, expired lease) is given out again before anything that was never delivered, in the order in which it came back (at one instant, by seq), whatever its priority; what was refused with a delay comes back when that has passed.':
    [
      'what came back is given out before anything new, in the order in which it came back',
      'what came back is given out before anything new, whatever their priorities',
      'what came back is given out before a new message whose delay has passed',
      'what was refused with a delay comes back when that has passed, before anything new',
      LEASE_OVER,
    ],
  'With `delayed`, a message is ready for its first delivery once its `delayMs` has passed since its acceptance.':
    [
      'a message is ready when its delay has passed since acceptance, to the millisecond',
      'the delay of a message that passes wakes a waiting receiver',
      'the delay is of the first delivery alone',
    ],
  'With `orderedByKey`, a message with an `orderingKey` is ready only while it is the oldest unsettled one of its key: a redelivery, a backoff or a delay holds its successors back, and a dead letter frees the key.':
    [
      ONE_OF_A_KEY,
      'a message that came back holds its successors back until it is settled',
      'a backoff holds the successors of its key back, and nobody else',
      'a message with a delay left is the first of its key, and holds its successors back',
      'a lease that runs out holds the successors of its key back, and a stale ack does not let them come',
      'a dead letter frees its key, and one of an unknown version never takes it',
      'an ack that lets the next of a key come wakes a waiting receiver',
    ],
  "With `priorities`, first deliveries follow priority, the larger first, before acceptance; a receive with `ageingMs` counts a message's priority as one more for each `ageingMs` that have passed since its acceptance, a part of it as that part, without an upper bound; at a tie acceptance decides.":
    [
      'first deliveries follow priority, the larger first, and among equals acceptance',
      'with ageingMs each such wait counts as one more of priority, and at a tie acceptance decides',
      'a part of ageingMs counts as that part of a priority',
      'ageing has no upper bound: a wait outdoes any priority, and of two long waits priority still tells',
      'without ageingMs priority alone decides, however long one has waited',
      'ageing counts from acceptance, also while a delay or a key held the message back',
      'among the messages of one key acceptance decides, whatever their priorities',
    ],
  'A delivery is held under a lease.': [
    LEASE_OVER,
    'receive gives at most max, each message to one receiver, with its counts',
  ],
  'Until `ack` it is never lost; when the lease runs out it comes back.': [
    LEASE_OVER,
    'a delay that passes and a lease that runs out wake a waiting receiver',
  ],
  'A token is good for one delivery and no longer than its lease: what settles with another is `stale` and changes nothing.':
    [
      'a receipt that names no delivery is stale',
      'a token is good for one delivery, also when the same consumer gets the message again',
      'a token is good no longer than its lease, even if the message was not given out again',
      'a token of a queue that was purged is stale, also when the queue is used again',
    ],
  'A receive or a read of answers whose `signal` aborts waits no longer: that is no error, and it is answered with what it was given before, or with nothing.':
    [CALLED_OFF, GIVEN_OR_NOT, READ_CALLED_OFF],
  'Nothing is given out to one whose signal has aborted: others get it.': [
    CALLED_OFF,
    GIVEN_OR_NOT,
    'a receive whose signal had aborted before gets nothing, and nothing is given out to it',
    READ_CALLED_OFF,
  ],
  'An envelope of an unknown version is accepted as a dead letter, and never delivered.': [
    'an envelope of an unknown version is a dead letter at once and never delivered',
  ],
  'An answer that comes with a settlement is kept in the same step, if the settlement counts (an `ack` that is `ok`, a refusal that is `dead-lettered`), and not otherwise; the first answer to a task stays.':
    [
      ACKED_ANSWER,
      'an answer that comes with a stale settlement is not kept',
      'a refusal keeps its answer if it makes a dead letter, and not otherwise',
      'the first answer to a task stays, and is announced once',
    ],
  'With `shared`, several processes have the same queues open: what the contract says holds of all of them together, a receive that names `agents` gets their messages alone, and one that names none gets any.':
    [
      'what one client publishes another receives, each message one of them, and either sees what stands there',
      'a message is known whichever client publishes it again',
      'the bounds of a queue are those of all its clients together',
      'a token settles once, at whichever client',
      'what one client held too long another gets, and then the first settles nothing',
      'of an ordering key one message is out over all clients',
      'a receiver who waits at one client is served by what another does',
      'closing one client takes nothing from another',
      'a receive that names agents gets their messages alone, in the order that all are in, and others get the rest',
      'among the messages of the agents named priority and age decide as among all',
      'what came back is for its own agent too, and before anything new of it',
      'a receiver who waits for other agents does not hold up those behind it',
    ],
  'With `durable`, what a call has resolved to survives the death of the process and of the queue: opened again, the broker holds what it held, dead letters, answers, identities and what was refused as `full` included, and delays, windows and leases have gone on meanwhile.':
    [
      SURVIVES,
      'opened again it goes on numbering where it was, also when it was empty',
      'what is identical is known when the broker is opened again: by producer and seq, and by its own id in its window',
      'what was refused as full may still come when the broker is opened again, even after later ones were accepted',
      'refusals and their counts are there when the broker is opened again, and what came back comes first',
      'delays go on when the broker is opened again, of messages and of refusals, to the millisecond',
      'an ordering key holds its successors back when the broker is opened again',
      'priority and age tell when the broker is opened again, counted from acceptance',
      'dead letters are there when the broker is opened again, oldest first',
      'answers are there when the broker is opened again: the first ones, in their order',
      'where the holder of a lease lives on, it holds on to it when the queue is opened again, and no longer than it lasts',
    ],
  'Who waited for something is gone.': ['who waited when the broker died gets nothing of what comes later'],
  'Where the holders of leases are known to be dead with the queue, what they held is ready at once, and their tokens are `stale`.':
    [
      'where the holder of a lease died with the queue, what it held is ready at once, in its place, and its token stale',
    ],
  'Refusals are on record, deliveries need not be: what was refused before is given out again first, by seq, with its counts as of its last refusal, and what never was is undelivered again, in its place.':
    [
      'where the holder of a lease died with the queue, what it held is ready at once, in its place, and its token stale',
      'refusals and their counts are there when the broker is opened again, and what came back comes first',
    ],
  'After `close` has begun `publish` rejects with `ShuttingDown`; after it has ended every call but `close` does, those of `answers` included.':
    [
      'a drain refuses publishes, serves receivers, and ends as soon as all is settled',
      'after close every call but close rejects with ShuttingDown',
      'close gives waiting readers nothing, and answers are not to be had from a closed broker',
    ],
  'Whoever still waits then gets nothing.': [
    'close gives waiting receivers nothing',
    'close gives waiting readers nothing, and answers are not to be had from a closed broker',
  ],
  'What is left is `returned` with `durable` or `shared`, since it is still there, and `abandoned` without.':
    [
      'close without drain ends at once and accounts for everything held, in every queue',
      'what close reports as returned is there when the broker is opened again',
    ],
};
