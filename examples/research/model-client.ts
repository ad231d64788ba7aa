import { ConclaveError } from 'conclave';
import type OpenAI from 'openai';
import type { ModelSettings } from './model-settings.js';

/** Bytes of one response at most, whatever they say: the client would gather a line without an end. */
const RESPONSE_BYTES_MAX = 4 * 2 ** 20;

const TIMEOUT_SLACK_MS = 1_000;

type Client = typeof import('openai');

/**
 * The official client, loaded when a model is asked for and not before.
 * @throws `DriverMissing` when it is not installed.
 */
export async function loadClient(load: () => Promise<Client> = () => import('openai')): Promise<Client> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new ConclaveError(
      'DriverMissing',
      'A language model needs the package openai, which is not installed. Run: npm install openai@6',
      { cause: error },
    );
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

/** A client for that endpoint alone: it retries nothing, logs nothing, and reads no more than it should. */
export function openClient({ OpenAI }: Client, { baseUrl, apiKey, timeoutMs }: ModelSettings): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    // The client wants some key; where there is none, none is sent.
    apiKey: apiKey ?? 'none',
    ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
    maxRetries: 0,
    // Ours, over the whole answer, comes first.
    timeout: timeoutMs + TIMEOUT_SLACK_MS,
    logLevel: 'off',
    fetch: boundedFetch,
  });
}

const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  return new Response(response.body.pipeThrough(bounded()), { status, statusText, headers });
};

function bounded(): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > RESPONSE_BYTES_MAX)
        controller.error(new Error(`more than ${RESPONSE_BYTES_MAX} bytes came`));
      else controller.enqueue(chunk);
    },
  });
}
