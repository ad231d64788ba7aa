/** Why a request brought no answer, and whether it is safe to make it again. */
export type Refusal =
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string; readonly retryAfterMs?: number };

/** Circumstances of an error. */
export interface RefusalContext {
  /** Whether some of the answer had come. */
  readonly hasBegun: boolean;
  /** On the wall, for a `Retry-After` that names a date. */
  readonly nowMs: number;
  /** Takes the key out of what the server said. */
  readonly redact: (text: string) => string;
}

const REASON_LENGTH_MAX = 300;
const CAUSE_DEPTH_MAX = 8;
const TOO_MANY = 429;
const HINTS: ReadonlyMap<number, string> = new Map([
  [400, ' Check --model.'],
  [401, ' Check OPENAI_API_KEY.'],
  [403, ' Check OPENAI_API_KEY.'],
  [404, ' Check --model and OPENAI_BASE_URL.'],
]);
/** Too many requests with this code are too little money: no wait helps. */
const NO_QUOTA = 'insufficient_quota';

/** Reads what the client threw. Only what was refused, or never reached the model, is worth another request. */
export function refusalOf(error: unknown, { hasBegun, nowMs, redact }: RefusalContext): Refusal {
  const { status, headers, code } = answerOf(error);
  const said = excerpt(redact(error instanceof Error ? messageOf(error) : String(error)));
  if (hasBegun)
    return { kind: 'failed', reason: `broke off in the middle of its answer: ${withPeriod(said)}` };
  if (status === undefined) {
    const reason = `did not answer: ${withPeriod(said)}`;
    return isConnection(error) ? { kind: 'refused', reason } : { kind: 'failed', reason };
  }
  const reason = `answered ${withPeriod(said)}${HINTS.get(status) ?? ''}`;
  const isSafe = (status === TOO_MANY && code !== NO_QUOTA) || status >= 500;
  if (!isSafe) return { kind: 'failed', reason };
  const retryAfterMs = retryAfter(headers?.get('retry-after') ?? undefined, nowMs);
  return { kind: 'refused', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  readonly code: unknown;
}

/** By its form: the client's classes are not loaded where no model is asked. */
function answerOf(error: unknown): Answer {
  if (!(error instanceof Error)) return { status: undefined, headers: undefined, code: undefined };
  const [status, headers, code] = ['status', 'headers', 'code'].map((key): unknown =>
    Reflect.get(error, key),
  );
  return {
    status: typeof status === 'number' ? status : undefined,
    headers: headers instanceof Headers ? headers : undefined,
    code,
  };
}

/** `fetch` and streams tell a broken connection as a TypeError, the client wraps it. */
function isConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof TypeError || error.constructor.name === 'APIConnectionError';
}

/** The cause says which host refused; "Connection error." says nothing. */
function messageOf(error: Error): string {
  let innermost: Error & { readonly code?: unknown } = error;
  for (let depth = 0; depth < CAUSE_DEPTH_MAX && innermost.cause instanceof Error; depth += 1)
    innermost = innermost.cause;
  if (innermost === error) return error.message;
  return `${error.message.replace(/\.$/, '')} (${innermost.message || String(innermost.code)})`;
}

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date; undefined if it says neither. */
function retryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}(?:\.\d+)?$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function excerpt(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const line = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length <= REASON_LENGTH_MAX ? line : `${line.slice(0, REASON_LENGTH_MAX)}…`;
}

function withPeriod(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}
