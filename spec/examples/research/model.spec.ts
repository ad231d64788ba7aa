import { expect } from 'chai';
import {
  ANSWER_LENGTH_MAX,
  type AskModel,
  type ModelAnswer,
  openModel,
} from '../../../examples/research/model.js';
import { loadClient } from '../../../examples/research/model-client.js';
import {
  answers,
  answersJson,
  type ChatServer,
  chunk,
  cuts,
  type Reply,
  refuses,
  stalls,
  startChatServer,
  stream,
} from './chat-server.js';

const PROMPT = { system: 'be brief', user: '{"passages":[]}' };
const KEY = 'sk-secret-0123456789abcdef';
const OPENED_BEFORE_MS = 5_000;

interface Asking {
  readonly ask: AskModel;
  readonly server: ChatServer;
  /** How long it waited between requests, each wait over at once. */
  readonly pausedMs: readonly number[];
}

interface Setup {
  readonly replies: readonly Reply[];
  readonly timeoutMs?: number;
  readonly apiKey?: string | undefined;
}

async function withModel(setup: Setup, body: (asking: Asking) => Promise<void>): Promise<void> {
  const server = await startChatServer(...setup.replies);
  const pausedMs: number[] = [];
  const { timeoutMs = OPENED_BEFORE_MS } = setup;
  const apiKey = 'apiKey' in setup ? setup.apiKey : KEY;
  try {
    const ask = await openModel({
      name: 'small',
      settings: { baseUrl: server.baseUrl, apiKey, timeoutMs, requestsPerMinute: 60 },
      pause: async (delayMs) => pausedMs.push(delayMs),
    });
    await body({ ask, server, pausedMs });
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

const watch = (signal = new AbortController().signal) => ({ signal, progress: () => undefined });

/** The reason for which there was no answer. */
function reasonOf(answer: ModelAnswer): string {
  expect(answer.kind, JSON.stringify(answer)).to.equal('failed');
  return answer.kind === 'failed' ? answer.reason : '';
}

describe('a model', () => {
  it('is asked in the protocol, streaming, with the key, and answers whole', () =>
    withModel({ replies: [answers('a long answer')] }, async ({ ask, server }) => {
      const fractions: number[] = [];
      const { signal } = new AbortController();
      const answer = await ask(PROMPT, { signal, progress: (fraction) => fractions.push(fraction) });
      expect(answer).to.deep.equal({ kind: 'answered', text: 'a long answer' });
      const [{ authorization, url, model, stream, system, user } = expect.fail()] = server.asked;
      expect({ authorization, url, model, stream }).to.deep.equal({
        authorization: `Bearer ${KEY}`,
        url: '/v1/chat/completions',
        model: 'small',
        stream: true,
      });
      expect([system, user]).to.deep.equal(['be brief', { passages: [] }]);
      expect(fractions.length).to.be.at.least(2);
      expect(fractions.every((fraction) => fraction >= 0 && fraction < 1)).to.equal(true);
    }));

  it('gets no key where there is none', () =>
    withModel({ replies: [answers('yes')], apiKey: undefined }, async ({ ask, server }) => {
      expect(await ask(PROMPT, watch())).to.have.property('kind', 'answered');
      expect(server.asked[0]?.authorization).to.equal(undefined);
    }));

  const again: readonly (readonly [what: string, reply: Reply, pausedMs: number])[] = [
    ['429 after the seconds it names', refuses(429, 'slow down', { 'retry-after': '7' }), 7_000],
    ['429 that names none', refuses(429, 'slow down'), 500],
    ['500', refuses(500, 'oops'), 500],
    ['503 after the seconds it names', refuses(503, 'busy', { 'retry-after': '1.5' }), 1_500],
    ['a connection that broke before any answer', cuts(), 500],
  ];
  for (const [what, reply, delayMs] of again) {
    it(`is asked again after ${what}`, () =>
      withModel({ replies: [reply, answers('yes')] }, async ({ ask, server, pausedMs }) => {
        expect(await ask(PROMPT, watch())).to.deep.equal({ kind: 'answered', text: 'yes' });
        expect(server.asked.length).to.equal(2);
        expect(pausedMs).to.deep.equal([delayMs]);
      }));
  }

  it('is asked again after the date that a 429 names', () => {
    const header = new Date(Date.now() + 20_000).toUTCString();
    const replies = [refuses(429, 'slow down', { 'retry-after': header }), answers('yes')];
    return withModel({ replies }, async ({ ask, pausedMs }) => {
      expect(await ask(PROMPT, watch())).to.have.property('kind', 'answered');
      expect(pausedMs.length).to.equal(1);
      expect(pausedMs[0]).to.be.within(10_000, 20_000);
    });
  });

  it('is given up after three requests, with longer waits', () =>
    withModel({ replies: [refuses(500, 'oops')] }, async ({ ask, server, pausedMs }) => {
      expect(reasonOf(await ask(PROMPT, watch()))).to.match(
        /"small" at http:.* answered 500 oops\. \(asked 3 times\)/,
      );
      expect(server.asked.length).to.equal(3);
      expect(pausedMs).to.deep.equal([500, 1_000]);
    }));

  const once: readonly (readonly [what: string, reply: Reply, reason: RegExp])[] = [
    ['401', refuses(401, 'who are you'), /answered 401 who are you\. Check OPENAI_API_KEY/],
    ['404', refuses(404, 'no such model'), /answered 404 no such model\. Check --model/],
    ['400', refuses(400, 'bad'), /answered 400 bad\. Check --model/],
    ['429 for want of money', refuses(429, 'pay', {}, 'insufficient_quota'), /answered 429 pay/],
    ['429 that names an hour', refuses(429, 'later', { 'retry-after': '3600' }), /come back in 3600 s/],
    ['a connection cut in the middle', cuts('half an ', 'answer'), /broke off in the middle/],
    ['a stream that ends too early', endsEarly('half'), /broke off in the middle/],
    ['a stream that says it failed', saysError('half', 'overloaded'), /broke off in the middle.*overloaded/],
    ['an answer that is no stream', plain('{"hello":1}'), /broke off in the middle/],
    ['a page of HTML', plain('<html>'.repeat(10)), /broke off in the middle/],
    ['an answer too long', answers('x'.repeat(ANSWER_LENGTH_MAX + 1)), /more than 65536 characters/],
    ['a line without an end', floods(), /did not answer: more than 4194304 bytes|broke off/],
    ['a stream of no JSON', rawStream('data: {nonsense\n\n'), /did not answer|broke off/],
  ];
  for (const [what, reply, reason] of once) {
    it(`is asked once and not again after ${what}`, () =>
      withModel({ replies: [reply, answers('yes')] }, async ({ ask, server, pausedMs }) => {
        expect(reasonOf(await ask(PROMPT, watch()))).to.match(reason);
        expect(server.asked.length).to.equal(1);
        expect(pausedMs).to.deep.equal([]);
      }));
  }

  for (const [what, reply] of [
    ['begins and stalls', stalls('half an ')],
    ['never begins', stalls()],
    ['sends not even a head', () => undefined],
  ] as const) {
    it(`is left when its answer ${what}, and the request is closed`, () =>
      withModel({ replies: [reply], timeoutMs: 60 }, async ({ ask, server }) => {
        expect(reasonOf(await ask(PROMPT, watch()))).to.match(/did not finish its answer within 60 ms/);
        expect(server.asked.length).to.equal(1);
        await server.asked[0]?.closed;
      }));
  }

  it('is left when the task is aborted, and the request is closed', () =>
    withModel({ replies: [stalls('half an ')], timeoutMs: 600_000 }, async ({ ask, server }) => {
      const controller = new AbortController();
      const reason = new Error('Ctrl-C');
      const progress = () => controller.abort(reason);
      const failure = await ask(PROMPT, { signal: controller.signal, progress }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.equal(reason);
      await server.asked[0]?.closed;
    }));

  it('is not asked again when the task is aborted in the wait', async () => {
    const server = await startChatServer(refuses(429, 'slow down', { 'retry-after': '30' }));
    try {
      const settings = { baseUrl: server.baseUrl, apiKey: KEY, timeoutMs: 5_000, requestsPerMinute: 60 };
      const ask = await openModel({ name: 'small', settings });
      const controller = new AbortController();
      const reason = new Error('Ctrl-C');
      const answer = ask(PROMPT, watch(controller.signal)).catch((error: unknown) => error);
      while (server.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
      await server.asked[0]?.closed;
      controller.abort(reason);
      expect(await answer).to.equal(reason);
      expect(server.asked.length).to.equal(1);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });

  it('that nobody runs is told with the reason', async () => {
    const server = await startChatServer();
    await server[Symbol.asyncDispose]();
    const settings = { baseUrl: server.baseUrl, apiKey: KEY, timeoutMs: 5_000, requestsPerMinute: 60 };
    const ask = await openModel({ name: 'small', settings, pause: async () => undefined });
    expect(reasonOf(await ask(PROMPT, watch()))).to.match(/did not answer.*ECONNREFUSED.*asked 3 times/);
  });

  const echoes: readonly (readonly [where: string, reply: Reply])[] = [
    ['an error', refuses(401, `bad key ${KEY}`)],
    ['an error longer than what is shown', refuses(401, `${'x'.repeat(278)} ${KEY}`)],
    ['an answer', answersJson({ key: KEY })],
    ['the middle of a stream', saysError('half', `bad key ${KEY}`)],
  ];
  for (const [where, reply] of echoes) {
    it(`that repeats the key in ${where} is not repeated`, () =>
      withModel({ replies: [reply] }, async ({ ask }) => {
        const answer = JSON.stringify(await ask(PROMPT, watch()));
        expect(answer).to.not.include(KEY.slice(0, 12));
      }));
  }

  it('without the client is a driver that is missing, with the way to install it', async () => {
    const missing = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    const failure = await loadClient(() => Promise.reject(missing)).catch((error: unknown) => error);
    expect(failure).to.include({ code: 'DriverMissing' });
    expect(String(failure)).to.include('npm install openai@6');
    const broken = await loadClient(() => Promise.reject(new Error('broken'))).catch(
      (error: unknown) => error,
    );
    expect(broken).to.include({ message: 'broken' });
  });
});

function endsEarly(text: string): Reply {
  return (response) => void stream(response).end(chunk(text));
}

function saysError(text: string, message: string): Reply {
  return (response) => {
    stream(response).end(`${chunk(text)}data: ${JSON.stringify({ error: { message } })}\n\n`);
  };
}

function plain(text: string): Reply {
  return (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(text);
}

function rawStream(text: string): Reply {
  return (response) => void stream(response).end(text);
}

/** Bytes without a line's end, until nobody reads them any more. */
function floods(): Reply {
  const block = Buffer.alloc(2 ** 16, 'x');
  return (response) => {
    const pour = (): void => {
      while (!response.destroyed) if (!response.write(block)) return void response.once('drain', pour);
    };
    stream(response).write('data: ');
    pour();
  };
}
