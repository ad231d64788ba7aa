import { ConclaveError } from 'conclave';

/** Where the language model is, and how it may be asked. */
export interface ModelSettings {
  /** Of an endpoint that speaks OpenAI's chat completions. */
  readonly baseUrl: string;
  /** Never printed: see `redacted`. Undefined where the endpoint wants none. */
  readonly apiKey: string | undefined;
  /** How long one whole answer may take. */
  readonly timeoutMs: number;
  /** Tasks of each agent that may begin in a minute; each asks once, and again only after a refusal. */
  readonly requestsPerMinute: number;
}

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const BASE_URL = 'https://api.openai.com/v1';
const TIMEOUT = { variable: 'CONCLAVE_MODEL_TIMEOUT_MS', least: 1, most: 3_600_000, usual: 120_000 };
const REQUESTS = {
  variable: 'CONCLAVE_MODEL_REQUESTS_PER_MINUTE',
  least: 1,
  most: 1_000_000,
  usual: 60,
};
/** What a header can carry; the text of another key would stand in the error of whoever sends it. */
const KEY = /^[\x21-\x7e]+$/;

/** A model is asked for and nothing says where it is. */
function nowhere(): ConclaveError {
  return refused(
    '--model needs an endpoint: set OPENAI_BASE_URL to one that speaks the chat completions of OpenAI ' +
      '(and OPENAI_API_KEY if it wants a key), or OPENAI_API_KEY alone for OpenAI itself; or leave --model out.',
  );
}

/**
 * Reads what the environment says of the model. Values are never repeated in an error: one of them is a secret.
 * @throws `InvalidOption` where nothing says where the model is, and for what cannot be used.
 */
export function modelSettings(environment: Environment): ModelSettings {
  const apiKey = environment.OPENAI_API_KEY || undefined;
  const baseUrl = environment.OPENAI_BASE_URL || (apiKey === undefined ? undefined : BASE_URL);
  if (baseUrl === undefined) throw nowhere();
  if (!isAddress(baseUrl))
    throw refused(
      'OPENAI_BASE_URL must be an http or https address without a user name or password, as http://localhost:11434/v1.',
    );
  if (apiKey !== undefined && !KEY.test(apiKey))
    throw refused('OPENAI_API_KEY holds white space or letters that no header carries; set it anew.');
  return {
    baseUrl,
    apiKey,
    timeoutMs: wholeNumber(environment, TIMEOUT),
    requestsPerMinute: wholeNumber(environment, REQUESTS),
  };
}

function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

function wholeNumber(environment: Environment, { variable, least, most, usual }: typeof TIMEOUT): number {
  const text = environment[variable];
  if (text === undefined || text === '') return usual;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw refused(`${variable} must be a whole number from ${least} to ${most}; unset, it is ${usual}.`);
}

function refused(message: string): ConclaveError {
  return new ConclaveError('InvalidOption', message);
}
