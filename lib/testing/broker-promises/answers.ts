import { strict as assert } from 'node:assert';
import type {
  Acknowledgement,
  Answer,
  AnswerPage,
  AnswerShelf,
  AnswersRequest,
  Broker,
} from '../../brokers/contract.js';
import { isConclaveError } from '../../core/errors.js';
import { messageId } from '../../core/message.js';
import { encode } from '../../core/value.js';
import { type BrokerPromise, QUEUE, refuse, request } from '../broker-promise.js';
import { testEnvelopes } from '../envelopes.js';

/** What the contract says of answers. */
export const answerPromises: readonly BrokerPromise[] = [
  {
    name: 'a settlement that brings an answer counts as one without, wherever answers are kept',
    needs: [],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 2));
      const [first, second] = await broker.receive(QUEUE, request());
      assert(first !== undefined && second !== undefined);
      assert.deepEqual(await broker.ack(QUEUE, [{ ...first, answer: answer('t', 'ada') }]), ['ok']);
      const refusals = refuse([second], { attemptsMax: 0, answer: answer('u', 'ada') });
      assert.deepEqual(await broker.nack(QUEUE, refusals), ['dead-lettered']);
    },
  },
  {
    name: 'an answer that comes with an ack that counts is kept: found by its task, and read by its asker',
    needs: ['answers'],
    async run({ broker }) {
      const kept = answer('t', 'ada', { squares: [1, 4, 9] });
      assert.equal(await shelfOf(broker).find(kept.id), undefined);
      await settle(broker, [kept]);
      assert.deepEqual(await shelfOf(broker).find(kept.id), kept);
      assert.deepEqual((await read(broker, 'ada')).answers, [kept]);
    },
  },
  {
    name: 'an answer that comes with a stale settlement is not kept',
    needs: ['answers'],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 1));
      const held = await broker.receive(QUEUE, request());
      await broker.nack(QUEUE, refuse(held));
      const late: Acknowledgement[] = held.map((receipt) => ({ ...receipt, answer: answer('t', 'ada') }));
      assert.deepEqual(await broker.ack(QUEUE, late), ['stale']);
      const refusals = refuse(held, { attemptsMax: 0, answer: answer('t', 'ada') });
      assert.deepEqual(await broker.nack(QUEUE, refusals), ['stale']);
      assert.equal(await shelfOf(broker).find(messageId('t')), undefined);
    },
  },
  {
    name: 'a refusal keeps its answer if it makes a dead letter, and not otherwise',
    needs: ['answers'],
    async run({ broker }) {
      await broker.publish(QUEUE, testEnvelopes(1, 1));
      const once = await broker.receive(QUEUE, request());
      await broker.nack(QUEUE, refuse(once, { attemptsMax: 5, answer: answer('t', 'ada', 'again') }));
      assert.equal(await shelfOf(broker).find(messageId('t')), undefined);
      const twice = await broker.receive(QUEUE, request());
      await broker.nack(QUEUE, refuse(twice, { attemptsMax: 0, answer: answer('t', 'ada', 'over') }));
      assert.deepEqual(await shelfOf(broker).find(messageId('t')), answer('t', 'ada', 'over'));
      assert.deepEqual((await read(broker, 'ada')).answers, [answer('t', 'ada', 'over')]);
    },
  },
  {
    name: 'the first answer to a task stays, and is announced once',
    needs: ['answers'],
    async run({ broker }) {
      await settle(broker, [answer('t', 'ada', 'first'), answer('t', 'ada', 'second')]);
      await settle(broker, [answer('t', 'bob', 'third')]);
      assert.deepEqual(await shelfOf(broker).find(messageId('t')), answer('t', 'ada', 'first'));
      assert.deepEqual((await read(broker, 'ada')).answers, [answer('t', 'ada', 'first')]);
      assert.deepEqual((await read(broker, 'bob')).answers, []);
    },
  },
  {
    name: 'an answer without an asker is kept, and announced to nobody',
    needs: ['answers'],
    async run({ broker }) {
      await settle(broker, [answer('t', undefined)]);
      assert.deepEqual(await shelfOf(broker).find(messageId('t')), answer('t', undefined));
      assert.deepEqual((await read(broker, '')).answers, []);
    },
  },
  {
    name: 'a read gives at most max answers of its asker alone, oldest first, and goes on from the cursor',
    needs: ['answers'],
    async run({ broker }) {
      const [a, b, c, d] = [answer('a', 'ada'), answer('b', 'bob'), answer('c', 'ada'), answer('d', 'ada')];
      await settle(broker, [a, b, c]);
      await settle(broker, [d]);
      const first = await read(broker, 'ada', { max: 2 });
      assert.deepEqual(first.answers, [a, c]);
      const second = await read(broker, 'ada', { max: 2, cursor: first.cursor });
      assert.deepEqual(second.answers, [d]);
      const none = await read(broker, 'ada', { cursor: second.cursor });
      assert.deepEqual(none.answers, []);
      await settle(broker, [answer('e', 'ada')]);
      assert.deepEqual((await read(broker, 'ada', { cursor: none.cursor })).answers, [answer('e', 'ada')]);
      assert.deepEqual((await read(broker, 'bob')).answers, [b]);
    },
  },
  {
    name: 'a page can be asked for again, as long as nobody has gone on from it',
    needs: ['answers'],
    async run({ broker }) {
      await settle(broker, [answer('a', 'ada'), answer('b', 'ada')]);
      const page = await read(broker, 'ada', { max: 1 });
      assert.deepEqual(await read(broker, 'ada', { max: 1 }), page);
    },
  },
  {
    name: 'what was read can still be found by its task',
    needs: ['answers'],
    async run({ broker }) {
      await settle(broker, [answer('a', 'ada')]);
      const { cursor } = await read(broker, 'ada');
      await read(broker, 'ada', { cursor });
      assert.deepEqual(await shelfOf(broker).find(messageId('a')), answer('a', 'ada'));
    },
  },
  {
    name: 'a read waits, and is served as soon as there is an answer for its asker',
    needs: ['answers'],
    async run({ broker, advance }) {
      const waiting = track(read(broker, 'ada', { waitMs: 60_000 }));
      await advance(0);
      await settle(broker, [answer('a', 'bob')]);
      await advance(0);
      assert.deepEqual(waiting, []);
      await settle(broker, [answer('b', 'ada'), answer('c', 'ada')]);
      await advance(0);
      assert.deepEqual(
        waiting.map(({ answers }) => answers),
        [[answer('b', 'ada'), answer('c', 'ada')]],
      );
    },
  },
  {
    name: 'a read without an answer gets none after waitMs, and not before, with a cursor to go on from',
    needs: ['answers', 'time'],
    async run({ broker, advance }) {
      const pages = track(read(broker, 'ada', { waitMs: 100 }));
      await advance(99);
      assert.equal(pages.length, 0);
      await advance(1);
      assert.deepEqual(
        pages.map(({ answers }) => answers),
        [[]],
      );
      await settle(broker, [answer('a', 'ada')]);
      const { answers } = await read(broker, 'ada', { cursor: pages[0]?.cursor ?? '' });
      assert.deepEqual(answers, [answer('a', 'ada')]);
    },
  },
  {
    name: 'a read that is called off gets nothing, at once, with a cursor to go on from',
    needs: ['answers'],
    async run({ broker, advance }) {
      const calling = new AbortController();
      const pages = track(read(broker, 'ada', { waitMs: 60_000, signal: calling.signal }));
      await advance(0);
      calling.abort();
      await advance(0);
      assert.deepEqual(
        pages.map(({ answers }) => answers),
        [[]],
      );
      await settle(broker, [answer('a', 'ada')]);
      const none = await read(broker, 'ada', { waitMs: 60_000, signal: calling.signal });
      assert.deepEqual(none.answers, [], 'its signal had aborted before');
      const { answers } = await read(broker, 'ada', { cursor: pages[0]?.cursor ?? '' });
      assert.deepEqual(answers, [answer('a', 'ada')]);
    },
  },
  {
    name: 'an answer is kept for resultTtlMs, to the millisecond, and then its task may be answered anew',
    needs: ['answers', 'limits', 'time'],
    limits: { resultTtlMs: 100 },
    async run({ broker, advance }) {
      await settle(broker, [answer('a', 'ada', 1)]);
      await advance(99);
      assert.deepEqual(await shelfOf(broker).find(messageId('a')), answer('a', 'ada', 1));
      await advance(1);
      assert.equal(await shelfOf(broker).find(messageId('a')), undefined);
      assert.deepEqual((await read(broker, 'ada')).answers, []);
      await settle(broker, [answer('a', 'ada', 2)]);
      assert.deepEqual((await read(broker, 'ada')).answers, [answer('a', 'ada', 2)]);
    },
  },
  {
    name: 'of more than resultsMax answers the oldest goes, read or not',
    needs: ['answers', 'limits'],
    limits: { resultsMax: 2 },
    async run({ broker }) {
      await settle(broker, [answer('a', 'ada'), answer('b', 'bob'), answer('c', 'ada')]);
      assert.equal(await shelfOf(broker).find(messageId('a')), undefined);
      assert.deepEqual((await read(broker, 'ada')).answers, [answer('c', 'ada')]);
      assert.deepEqual((await read(broker, 'bob')).answers, [answer('b', 'bob')]);
    },
  },
  {
    name: 'of answers of more than resultBytesMax bytes the oldest go, counted in UTF-8',
    needs: ['answers', 'limits'],
    limits: { resultBytesMax: 12 },
    async run({ broker }) {
      await settle(broker, [answer('a', 'ada', 'éé'), answer('b', 'ada', 'abcd')]);
      assert.equal((await read(broker, 'ada')).answers.length, 2, 'six bytes each');
      await settle(broker, [answer('c', 'ada', 1)]);
      assert.deepEqual((await read(broker, 'ada')).answers, [
        answer('b', 'ada', 'abcd'),
        answer('c', 'ada', 1),
      ]);
    },
  },
  {
    name: 'close gives waiting readers nothing, and answers are not to be had from a closed broker',
    needs: ['answers'],
    async run({ broker, advance }) {
      const waiting = track(read(broker, 'ada', { waitMs: 60_000 }));
      await advance(0);
      await broker.close({ drain: false, deadlineMs: 0 });
      await advance(0);
      assert.deepEqual(
        waiting.map(({ answers }) => answers),
        [[]],
      );
      const isShuttingDown = (error: unknown) => isConclaveError(error, 'ShuttingDown');
      await assert.rejects(read(broker, 'ada'), isShuttingDown);
      await assert.rejects(shelfOf(broker).find(messageId('a')), isShuttingDown);
    },
  },
];

/** The shelf of a broker that has one. */
export function shelfOf({ answers, name }: Broker): AnswerShelf {
  assert(answers !== undefined, `${name} keeps answers, or its factory says that it lacks them`);
  return answers;
}

/** The answer to the task of that name. */
export function answer(task: string, asker: string | undefined, outcome: unknown = task): Answer {
  return { id: messageId(task), asker, outcome: encode(outcome) };
}

/** A page from the start that does not wait, with what `fields` says instead. */
export function read(
  broker: Broker,
  asker: string,
  fields: Partial<AnswersRequest> = {},
): Promise<AnswerPage> {
  return shelfOf(broker).read(asker, { cursor: '', max: 100, waitMs: 0, ...fields });
}

/** Has as many messages acked with these answers, in one call, at an empty queue; their producer is named after the answers. */
export async function settle(broker: Broker, answers: readonly Answer[]): Promise<void> {
  const producer = answers.map(({ id, outcome }) => `${id}:${outcome}`).join();
  await broker.publish(QUEUE, testEnvelopes(1, answers.length, { producer }));
  const held = await broker.receive(QUEUE, request());
  assert.deepEqual(
    await broker.ack(
      QUEUE,
      held.map((receipt, at) => ({ seq: receipt.seq, token: receipt.token, answer: answers[at] })),
    ),
    answers.map(() => 'ok'),
  );
}

function track(page: Promise<AnswerPage>): AnswerPage[] {
  const pages: AnswerPage[] = [];
  void page.then((each) => pages.push(each));
  return pages;
}
