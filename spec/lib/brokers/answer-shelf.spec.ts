import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import fc from 'fast-check';
import { MemoryAnswerShelf } from '../../../lib/brokers/answer-shelf.js';
import type { Answer, AnswerPage } from '../../../lib/brokers/contract.js';
import { ConclaveError } from '../../../lib/core/errors.js';
import { messageId } from '../../../lib/core/message.js';
import { encode } from '../../../lib/core/value.js';
import { ManualClock } from '../../../lib/testing/index.js';

const limits = { resultTtlMs: 100, resultsMax: 5, resultBytesMax: 40 };

function opened(of = limits) {
  const clock = new ManualClock();
  return { clock, shelf: new MemoryAnswerShelf(clock, of) };
}

function answer(task: string, asker: string | undefined = 'ada', outcome = task): Answer {
  return { id: messageId(task), asker, outcome: encode(outcome) };
}

type Act =
  | { readonly type: 'keep'; readonly answer: Answer }
  | { readonly type: 'read'; readonly asker: string; readonly max: number }
  | { readonly type: 'advance'; readonly byMs: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    type: fc.constant('keep'),
    answer: fc
      .tuple(fc.nat(20), fc.constantFrom('ada', 'bob', undefined), fc.constantFrom('x', 'longer', 'äöü'))
      .map(([task, asker, outcome]) => answer(`t${task}`, asker, outcome)),
  }),
  fc.record({ type: fc.constant('read'), asker: fc.constantFrom('ada', 'bob'), max: fc.constantFrom(1, 3) }),
  fc.record({ type: fc.constant('advance'), byMs: fc.constantFrom(1, 30, 70) }),
);

/** Answers as a list that is gone through each time. */
class Plain {
  kept: { readonly answer: Answer; readonly place: number; readonly untilMs: number }[] = [];
  #place = 0;

  keep(each: Answer, nowMs: number): void {
    this.forget(nowMs);
    if (this.kept.some((other) => other.answer.id === each.id)) return;
    this.#place += 1;
    this.kept.push({ answer: each, place: this.#place, untilMs: nowMs + limits.resultTtlMs });
    this.forget(nowMs);
  }

  forget(nowMs: number): void {
    this.kept = this.kept.filter(({ untilMs }) => untilMs > nowMs);
    while (this.kept.length > limits.resultsMax || this.bytes > limits.resultBytesMax) this.kept.shift();
  }

  get bytes(): number {
    return this.kept.reduce((sum, kept) => sum + Buffer.byteLength(kept.answer.outcome), 0);
  }

  after(asker: string, place: number, max: number): Answer[] {
    const unread = this.kept.filter((kept) => kept.answer.asker === asker && kept.place > place);
    return unread.slice(0, max).map((kept) => kept.answer);
  }
}

describe('MemoryAnswerShelf', () => {
  it('finds and reads what a plain list would, whatever is kept, read and let pass', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        const { clock, shelf } = opened();
        const plain = new Plain();
        const cursors = new Map<string, string>();
        for (const next of acts) {
          if (next.type === 'advance') await clock.advance(next.byMs);
          plain.forget(clock.nowMs());
          if (next.type === 'keep') {
            shelf.keep(next.answer);
            plain.keep(next.answer, clock.nowMs());
            const kept = plain.kept.find((each) => each.answer.id === next.answer.id);
            expect(await shelf.find(next.answer.id)).to.deep.equal(kept?.answer);
          }
          if (next.type !== 'read') continue;
          const cursor = cursors.get(next.asker) ?? '';
          const page = await shelf.read(next.asker, { cursor, max: next.max, waitMs: 0 });
          expect(page.answers).to.deep.equal(plain.after(next.asker, Number(cursor), next.max));
          cursors.set(next.asker, page.cursor);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells readers what was kept when it is told to serve, all of it in one page', async () => {
    const { clock, shelf } = opened();
    const pages: AnswerPage[] = [];
    void shelf.read('ada', { cursor: '', max: 9, waitMs: 1_000 }).then((page) => pages.push(page));
    void shelf.read('bob', { cursor: '', max: 9, waitMs: 1_000 }).then((page) => pages.push(page));
    await clock.settle();
    shelf.keep(answer('a'));
    shelf.keep(answer('b'));
    await clock.settle();
    expect(pages, 'kept, and nobody told').to.have.length(0);
    shelf.serve();
    await clock.settle();
    expect(pages.map(({ answers }) => answers)).to.deep.equal([[answer('a'), answer('b')]]);
    shelf.serve();
    await clock.settle();
    expect(pages, 'bob has none').to.have.length(1);
  });

  it('says where it kept an answer, and keeps the second one of a task nowhere', () => {
    const { shelf } = opened();
    expect(shelf.keep(answer('a', 'ada', 'first'))).to.equal(1);
    expect(shelf.keep(answer('a', 'ada', 'second'))).to.equal(undefined);
    expect(shelf.keep(answer('b'))).to.equal(2);
  });

  it('puts answers back at their places, so that a cursor from before goes on', async () => {
    const { clock, shelf } = opened();
    shelf.restore(answer('a'), 3, clock.nowMs() + 10);
    shelf.restore(answer('b'), 7, clock.nowMs() + 60);
    const page = await shelf.read('ada', { cursor: '3', max: 9, waitMs: 0 });
    expect(page).to.deep.equal({ answers: [answer('b')], cursor: '7' });
    expect(shelf.keep(answer('c'))).to.equal(8);
    await clock.advance(10);
    expect(await shelf.find(messageId('a')), 'its time was nearly over').to.equal(undefined);
    expect(() => shelf.restore(answer('d'), 8, 99)).to.throw(/place 8/);
  });

  it('keeps nothing that is larger than all answers together may be', async () => {
    const { shelf } = opened();
    shelf.keep(answer('a', 'ada', 'x'.repeat(39)));
    expect(await shelf.find(messageId('a'))).to.equal(undefined);
    expect((await shelf.read('ada', { cursor: '', max: 1, waitMs: 0 })).answers).to.deep.equal([]);
  });

  it('leaves no timer once it is ended, and says why it gives no more', async () => {
    const { clock, shelf } = opened();
    const waiting = [
      shelf.read('ada', { cursor: '4', max: 1, waitMs: 1_000 }),
      shelf.read('ada', { cursor: '', max: 1, waitMs: 50 }),
    ];
    await clock.settle();
    expect(clock.pending).to.equal(2);
    shelf.end(() => new ConclaveError('ShuttingDown', 'over'));
    expect(clock.pending).to.equal(0);
    expect(await Promise.all(waiting)).to.deep.equal([
      { answers: [], cursor: '4' },
      { answers: [], cursor: '' },
    ]);
    const late = await shelf.find(messageId('a')).catch((error: unknown) => String(error));
    expect(late).to.match(/over/);
  });

  it('leaves neither timer nor listener when a read is called off, or served', async () => {
    const { clock, shelf } = opened();
    const calling = new AbortController();
    const request = { cursor: '', max: 1, waitMs: 1_000, signal: calling.signal };
    const served = shelf.read('ada', request);
    shelf.keep(answer('a', 'ada'));
    shelf.serve();
    const left = () => [clock.pending, getEventListeners(calling.signal, 'abort').length];
    expect((await served).answers).to.have.length(1);
    expect(left()).to.deep.equal([0, 0]);
    const waiting = shelf.read('ada', { ...request, cursor: '1' });
    expect(left()).to.deep.equal([1, 1]);
    calling.abort();
    expect(await waiting).to.deep.equal({ answers: [], cursor: '1' });
    expect(left()).to.deep.equal([0, 0]);
  });

  it('refuses a read of nothing and a cursor that is none, as errors of the program', async () => {
    const { shelf } = opened();
    for (const request of [
      { cursor: '', max: 0, waitMs: 0 },
      { cursor: 'late', max: 1, waitMs: 0 },
      { cursor: '-1', max: 1, waitMs: 0 },
    ]) {
      const refused = await shelf.read('ada', request).then(
        () => 'read',
        (error: unknown) => String(error),
      );
      expect(refused).to.match(/AssertionError/);
    }
  });
});
