import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, systemClock } from 'conclave';
import type OpenAI from 'openai';
import { loadClient, openClient } from './model-client.js';
import { refusalOf } from './model-refusal.js';
import type { ModelSettings } from './model-settings.js';
import { redacted } from './redacting.js';

/** What a model is asked: who it is to be, and the task with its data. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** What came of asking: the whole answer, or why there is none, in words for a person. */
export type ModelAnswer =
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** How an answer is watched and ended. */
export interface ModelWatch {
  readonly signal: AbortSignal;
  readonly progress: (fraction: number) => void;
}

/** Asks a language model. Rejects only with the reason of the signal that ended it. */
export type AskModel = (prompt: Prompt, watch: ModelWatch) => Promise<ModelAnswer>;

/** Which model, and what a spec may put in the place of time and network. */
export interface ModelOptions {
  readonly name: string;
  readonly settings: ModelSettings;
  readonly clock?: Clock;
  /** Waits before the next request; rejects when the signal aborts. */
  readonly pause?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

/** Longer answers are broken off: eight claims with their quotes are a tenth of it. */
export const ANSWER_LENGTH_MAX = 65_536;
/** Requests for one answer at most. */
export const REQUESTS_MAX = 3;
/** Whoever asks for a longer wait is not waited for. */
export const RETRY_AFTER_MS_MAX = 60_000;
const BACKOFF_MS = 500;
/** An answer of this length is taken for half of one: a bar has to show something. */
const PROGRESS_LENGTH = 2_000;

type Outcome =
  | ModelAnswer
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAfterMs?: number };

/**
 * A model behind an endpoint that speaks OpenAI's chat completions, streaming. A request is made again only where
 * nothing of an answer has come: refused with 429 or 5xx, or never connected. What is cut off, late or too long is
 * not asked for twice: it would be paid for twice. The client's own retries are off, as they cannot be aborted.
 * @throws `DriverMissing` when the client is not installed.
 */
export async function openModel({
  name,
  settings,
  clock = systemClock,
  pause,
}: ModelOptions): Promise<AskModel> {
  const client = openClient(await loadClient(), settings);
  const wait = pause ?? ((delayMs: number, signal: AbortSignal) => sleep(delayMs, undefined, { signal }));
  const { origin, pathname } = new URL(settings.baseUrl);
  const redact = (text: string) => redacted(text, settings.apiKey);
  const failed = (reason: string): ModelAnswer => ({
    kind: 'failed',
    reason: `${redact(`the model "${name}" at ${origin}${pathname}`)} ${reason}`,
  });
  return async (prompt, watch) => {
    for (let requests = 1; ; requests += 1) {
      const outcome = await askOnce({
        client,
        name,
        prompt,
        watch,
        clock,
        redact,
        timeoutMs: settings.timeoutMs,
      });
      if (outcome.kind === 'answered') return { ...outcome, text: redact(outcome.text) };
      if (outcome.kind === 'failed') return failed(outcome.reason);
      const delayMs = outcome.retryAfterMs ?? BACKOFF_MS * 2 ** (requests - 1);
      if (requests === REQUESTS_MAX) return failed(`${outcome.reason} (asked ${requests} times)`);
      if (delayMs > RETRY_AFTER_MS_MAX)
        return failed(`${outcome.reason} It asks to come back in ${Math.ceil(delayMs / 1_000)} s.`);
      await paused(wait, delayMs, watch.signal);
    }
  };
}

/** What ends the wait is the task's end, and told as that. */
async function paused(wait: ModelOptions['pause'], delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await wait?.(delayMs, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
  signal.throwIfAborted();
}

interface Request {
  readonly client: OpenAI;
  readonly name: string;
  readonly prompt: Prompt;
  readonly watch: ModelWatch;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
  readonly timeoutMs: number;
}

async function askOnce(asked: Request): Promise<Outcome> {
  const { client, name, prompt, watch, clock, redact, timeoutMs } = asked;
  const late = new AbortController();
  const timer = clock.setTimer(() => late.abort(), timeoutMs);
  const reading: Reading = { text: '', isWhole: false };
  const messages: OpenAI.ChatCompletionMessageParam[] = [
    { role: 'system', content: prompt.system },
    { role: 'user', content: prompt.user },
  ];
  try {
    const signal = AbortSignal.any([watch.signal, late.signal]);
    const request = { model: name, messages, stream: true } as const;
    await read(await client.chat.completions.create(request, { signal }), reading, watch);
  } catch (error) {
    watch.signal.throwIfAborted();
    const hasBegun = reading.text !== '';
    if (!late.signal.aborted) return refusalOf(error, { hasBegun, nowMs: clock.wallMs(), redact });
  } finally {
    timer.cancel();
  }
  // The client ends an aborted stream as if it were whole.
  watch.signal.throwIfAborted();
  if (late.signal.aborted)
    return { kind: 'failed', reason: `did not finish its answer within ${timeoutMs} ms.` };
  return whole(reading);
}

/** What has come of an answer. */
interface Reading {
  text: string;
  isWhole: boolean;
}

async function read(
  stream: AsyncIterable<OpenAI.ChatCompletionChunk>,
  reading: Reading,
  { progress }: ModelWatch,
): Promise<void> {
  for await (const chunk of stream) {
    // What a server sends is not always what its protocol says.
    const choice = chunk.choices?.[0];
    const content: unknown = choice?.delta?.content;
    if (typeof content === 'string') reading.text += content;
    if (typeof choice?.finish_reason === 'string') reading.isWhole = true;
    if (reading.text.length > ANSWER_LENGTH_MAX) return;
    progress(reading.text.length / (reading.text.length + PROGRESS_LENGTH));
  }
}

function whole({ text, isWhole }: Reading): Outcome {
  if (text.length > ANSWER_LENGTH_MAX)
    return {
      kind: 'failed',
      reason: `answered more than ${ANSWER_LENGTH_MAX} characters, and was broken off.`,
    };
  if (!isWhole) return { kind: 'failed', reason: 'broke off in the middle of its answer.' };
  return { kind: 'answered', text };
}
