import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type Asked,
  answers,
  type ChatServer,
  type Reply,
  refuses,
  stalls,
  startChatServer,
} from '../../examples/research/chat-server.js';
import { conclave, type Outcome, type RunningCommand, startModule } from './spawn-command.js';

const KEY = 'sk-secret-0123456789abcdef';
const TRUE_SENTENCE = 'The kettle boils water at noon.';
/* Nothing that words tell: without a model it is held against no claim. */
const AGAINST = 'Water in the kettle stays cold until evening.';
/* Long enough for what the model does answer, also where the machine has much else to do. */
const SILENCE_MS = 1_500;
/* What shutdown would wait for is not wanted any more. */
const CANCELLED_WITHIN_MS = 8_000;
const INVENTED = 'The kettle boils water at midnight, as the king decreed.';
const QUESTION = 'When does the kettle boil water?';

interface Kitchen {
  readonly server: ChatServer;
  readonly start: (words?: readonly string[], env?: Readonly<Record<string, string>>) => RunningCommand;
}

/** A folder with a few sentences, and a server with a model that answers like that. */
async function inKitchen(
  replies: readonly Reply[],
  body: (kitchen: Kitchen) => Promise<void>,
): Promise<void> {
  const docs = await mkdtemp(join(tmpdir(), 'research-'));
  await writeFile(join(docs, 'kettle.md'), `${TRUE_SENTENCE}\nTea is served in the garden.\n`);
  await writeFile(join(docs, 'sunday.md'), `${AGAINST}\n`);
  const server = await startChatServer(...replies);
  const common = ['run', 'research', '--docs', docs, '--query', QUESTION, '--model', 'small', '--loops', '1'];
  try {
    await body({
      server,
      start: (words = ['--json'], env = {}) =>
        startModule(conclave, [...common, ...words], {
          env: { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: KEY, ...env },
        }),
    });
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(docs, { recursive: true });
  }
}

/** A model that drafts these claims, and has these objections. */
function thinks(claims: readonly object[], objections: readonly object[]): Reply {
  return answers(({ user }: Asked) =>
    JSON.stringify(user.claims === undefined ? { claims } : { objections }),
  );
}

const claim = (text: string, line = 1) => ({ text, file: 'kettle.md', line, quote: text });

function expectNoKey({ stdout, stderr }: Outcome): void {
  expect(`${stdout}${stderr}`).to.not.include(KEY.slice(0, 12));
}

describe('conclave run --model', function () {
  this.timeout(60_000);

  for (const isolation of ['inline', 'thread', 'process'])
    it(`asks the model, and checks what it says like anything else (${isolation})`, () =>
      inKitchen([thinks([claim(TRUE_SENTENCE), claim(INVENTED)], [])], async ({ server, start }) => {
        const outcome = await start(['--json', '--isolation', isolation]).ended;
        expect({ code: outcome.code, stderr: outcome.stderr }).to.deep.equal({ code: 0, stderr: '' });
        const { claims, answer } = JSON.parse(outcome.stdout);
        const verdicts = claims.map(({ text, verdict }: { text: string; verdict: string }) => [
          text,
          verdict,
        ]);
        expect(verdicts).to.deep.equal([
          [TRUE_SENTENCE, 'supported'],
          [INVENTED, 'unsupported'],
        ]);
        expect(answer).to.include(`- ${TRUE_SENTENCE} (kettle.md:1)`).and.not.include(INVENTED);
        expect(server.asked.map(({ model, user }) => [model, user.claims?.length])).to.deep.equal([
          ['small', undefined],
          ['small', 2],
        ]);
        expectNoKey(outcome);
      }));

  it('contests a claim by a quote that the model found and that stands', () => {
    const against = { claim: 1, file: 'sunday.md', line: 1, quote: AGAINST };
    return inKitchen([thinks([claim(TRUE_SENTENCE)], [against])], async ({ start }) => {
      const { claims, answer } = JSON.parse((await start().ended).stdout);
      expect(claims[0]).to.include({ text: TRUE_SENTENCE, verdict: 'contested' });
      expect(answer).to.include(`against it: "${AGAINST}" (sunday.md:1)`);
    });
  });

  it('says that the model spoke nonsense, and is no failure', () =>
    inKitchen([answers('Noon, I guess?')], async ({ start }) => {
      const { code, stdout, stderr } = await start().ended;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
      const { answer, claims } = JSON.parse(stdout);
      expect(claims).to.deep.equal([]);
      expect(answer)
        .to.match(/^Nothing found/)
        .and.match(/Note on the model: synthesizer, loop 1: its answer was not the JSON .*"Noon, I guess\?"/);
    }));

  it('fails when the model does not answer, keeps nothing of it, and tells no key', () =>
    inKitchen([refuses(401, `wrong key ${KEY}`)], async ({ server, start }) => {
      const outcome = await start().ended;
      expect(outcome.code).to.equal(1);
      expect(outcome.stderr).to.match(
        /^conclave: synthesizer, loop 1: the model "small" at http:\S+ answered 401 wrong key \*\*\*\. Check OPENAI_API_KEY\.\n$/,
      );
      expect(JSON.parse(outcome.stdout).answer).to.match(/^No answer: the model was asked/);
      expect(server.asked.length).to.equal(1);
      expectNoKey(outcome);
    }));

  it('keeps the claims when the model falls silent at the objections, and fails', () =>
    inKitchen([thinks([claim(TRUE_SENTENCE)], []), stalls('{"obj')], async ({ start }) => {
      const { code, stdout, stderr } = await start(['--json'], {
        CONCLAVE_MODEL_TIMEOUT_MS: String(SILENCE_MS),
      }).ended;
      expect(code).to.equal(1);
      expect(stderr).to.match(/^conclave: contrarian, loop 1: .* within 1500 ms\.\n$/);
      expect(JSON.parse(stdout).claims[0]).to.include({ text: TRUE_SENTENCE });
    }));

  it('closes the request on Ctrl-C', () =>
    inKitchen([stalls('{"cla')], async ({ server, start }) => {
      const command = start(['--workers', '1']);
      while (server.asked.length === 0 && command.child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const stoppedMs = performance.now();
      command.child.kill('SIGINT');
      const [asked = expect.fail()] = server.asked;
      await asked.closed;
      const { code, stdout } = await command.ended;
      expect({ code, stdout }).to.deep.equal({ code: 130, stdout: '' });
      expect(performance.now() - stoppedMs).to.be.lessThan(CANCELLED_WITHIN_MS);
    }));

  it('asks no model without --model, whatever the environment says', () =>
    inKitchen([answers('never')], async ({ server }) => {
      const docs = new URL('../../../../examples/research/documents', import.meta.url).pathname;
      const words = [
        'run',
        'research',
        '--docs',
        docs,
        '--query',
        'How long does a lease last?',
        '--loops',
        '1',
      ];
      const env = { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: KEY };
      const { code, stdout } = await startModule(conclave, words, { env }).ended;
      expect(code).to.equal(0);
      expect(stdout).to.include('leases.md');
      expect(server.asked).to.deep.equal([]);
    }));

  it('is refused in one line where nothing says where the model is, or says it wrongly', () =>
    inKitchen([answers('never')], async ({ start }) => {
      const none = await start([], { OPENAI_BASE_URL: '', OPENAI_API_KEY: '' }).ended;
      expect({ code: none.code, stdout: none.stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(none.stderr).to.match(
        /^conclave: --model needs an endpoint: set OPENAI_BASE_URL[^\n]+OPENAI_API_KEY[^\n]+\n$/,
      );
      const wrong = await start([], { OPENAI_BASE_URL: `http://me:${KEY}@host/v1` }).ended;
      expect(wrong.code).to.equal(2);
      expect(wrong.stderr).to.match(/^conclave: OPENAI_BASE_URL must be [^\n]+\n$/);
      expectNoKey(wrong);
      const empty = await start(['--model', ' ']).ended;
      expect(empty.code).to.equal(2);
      expect(empty.stderr).to.include('--model');
    }));
});
