import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { AskLine } from '../../../../lib/brokers/redis/ask-line.js';
import { ManualClock } from '../../../../lib/testing/index.js';

describe('the line of those who wait', () => {
  const clock = new ManualClock();
  let line: AskLine<string>;
  let answers: string[];
  let asked: string[];
  let shelf: string[];

  beforeEach(() => {
    line = new AskLine(clock);
    answers = [];
    asked = [];
    shelf = [];
  });

  afterEach(async () => {
    await line.end();
    expect(clock.pending).to.equal(0);
  });

  const join = (name: string, waitMs: number, kind = '', touches = line.touches, signal?: AbortSignal) => {
    const ask = async () => {
      asked.push(name);
      return shelf.shift();
    };
    void line
      .join({ kind, untilMs: clock.nowMs() + waitMs, ask, nothing: 'nothing', signal }, touches)
      .then((answer) => answers.push(`${name}: ${answer}`));
  };

  it('is served in turn, and asks no further once one of a kind found nothing', async () => {
    join('ada', 100);
    join('bob', 100);
    join('cyd', 100);
    shelf = ['first', 'second'];
    line.touch();
    await clock.settle();
    expect(answers).to.deep.equal(['ada: first', 'bob: second']);
    expect(asked).to.deep.equal(['ada', 'bob', 'cyd']);
    line.touch();
    await clock.settle();
    expect(asked).to.deep.equal(['ada', 'bob', 'cyd', 'cyd']);
  });

  it('passes over one for whom there is nothing to one of another kind', async () => {
    join('ada', 100, 'left');
    const ask = async () => 'found';
    void line
      .join({ kind: 'right', untilMs: 100, ask, nothing: 'nothing', signal: undefined }, line.touches)
      .then((answer) => answers.push(answer));
    line.touch();
    await clock.settle();
    expect(answers).to.deep.equal(['found']);
  });

  it('asks at once for one that may have missed something while it asked for itself', async () => {
    const { touches } = line;
    line.touch();
    shelf = ['missed'];
    join('ada', 100, '', touches);
    await clock.settle();
    expect(answers).to.deep.equal(['ada: missed']);
  });

  it('asks when something falls due, and once more before it sends somebody away', async () => {
    join('ada', 50);
    line.expect(20);
    await clock.advance(19);
    expect(asked).to.deep.equal([]);
    await clock.advance(1);
    expect(asked).to.deep.equal(['ada']);
    await clock.advance(30);
    expect([asked.length, answers]).to.deep.equal([2, ['ada: nothing']]);
  });

  it('rejects one whose asking failed, and goes on with the others', async () => {
    const failing = line.join(
      {
        kind: 'x',
        untilMs: 100,
        ask: () => Promise.reject(new Error('gone')),
        nothing: '',
        signal: undefined,
      },
      line.touches,
    );
    join('bob', 100);
    shelf = ['found'];
    line.touch();
    const fault = await failing.catch((error: unknown) => error);
    await clock.settle();
    expect([String(fault), answers]).to.deep.equal(['Error: gone', ['bob: found']]);
  });

  it('sends one away at once that is called off, and asks for the others', async () => {
    const calling = new AbortController();
    join('ada', 100, 'left', undefined, calling.signal);
    join('bob', 100, 'right');
    calling.abort();
    await clock.settle();
    expect([answers, line.length]).to.deep.equal([['ada: nothing'], 1]);
    shelf = ['found'];
    line.touch();
    await clock.settle();
    expect([answers, asked]).to.deep.equal([['ada: nothing', 'bob: found'], ['bob']]);
    expect(getEventListeners(calling.signal, 'abort')).to.deep.equal([]);
  });

  it('gives one that is called off while it asks what that brings, and passes over none behind it', async () => {
    for (const brought of [undefined, 'found']) {
      answers = [];
      asked = [];
      const calling = new AbortController();
      let answerAda: (answer: string | undefined) => void = () => undefined;
      const ask = () => new Promise<string | undefined>((resolve) => (answerAda = resolve));
      const { signal } = calling;
      void line
        .join({ kind: 'first', untilMs: clock.nowMs() + 100, ask, nothing: 'nothing', signal }, line.touches)
        .then((answer) => answers.push(`ada: ${answer}`));
      join('eve', 100, 'second', undefined, signal);
      join('bob', 100, 'third');
      line.touch();
      await clock.settle();
      calling.abort();
      await clock.settle();
      expect(answers, 'what is under way is waited for').to.deep.equal(['eve: nothing']);
      shelf = ['next'];
      answerAda(brought);
      await clock.settle();
      expect(answers).to.deep.equal(['eve: nothing', `ada: ${brought ?? 'nothing'}`, 'bob: next']);
      expect(asked, 'what is called off is not asked for').to.deep.equal(['bob']);
      expect([line.length, clock.pending]).to.deep.equal([0, 0]);
    }
  });

  it('has nobody join whose signal has aborted', async () => {
    join('ada', 100, '', undefined, AbortSignal.abort());
    await clock.settle();
    expect([answers, line.length]).to.deep.equal([['ada: nothing'], 0]);
  });

  it('sends everybody away at its end, and whoever joins later', async () => {
    join('ada', 100);
    await line.end();
    join('bob', 100);
    await clock.settle();
    expect(answers).to.deep.equal(['ada: nothing', 'bob: nothing']);
  });
});
