import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** What came in: a request for a chat completion. */
export interface Asked {
  readonly authorization: string | undefined;
  readonly url: string | undefined;
  readonly model: unknown;
  readonly stream: unknown;
  readonly system: string;
  /** The user's message, which is JSON. */
  readonly user: UserMessage;
  /** Resolves when the one who asked has gone. */
  readonly closed: Promise<unknown>;
}

/** What prompts carry; claims are there for a contrarian alone. */
export interface UserMessage {
  readonly question?: string;
  readonly claims?: readonly { readonly claim: number; readonly text: string }[];
  readonly passages: readonly {
    readonly file: string;
    readonly sentences: readonly { readonly line: number; readonly text: string }[];
  }[];
}

/** How the server answers one request. */
export type Reply = (response: ServerResponse, asked: Asked) => void | Promise<void>;

/** A server of the chat completions protocol on this machine, that answers as it is told. */
export interface ChatServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly asked: readonly Asked[];
}

/** Starts one; replies are given in order, the last one to all further requests. */
export async function startChatServer(...replies: readonly Reply[]): Promise<ChatServer> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const one = await read(request, response);
    asked.push(one);
    await replies[Math.min(asked.length, replies.length) - 1]?.(response, one);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${portOf(server)}/v1`,
    asked,
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server listens on no port');
  return address.port;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function read(request: IncomingMessage, response: ServerResponse): Promise<Asked> {
  const closed = new Promise((resolve) => response.once('close', resolve));
  let text = '';
  for await (const chunk of request) text += chunk;
  const { model, stream, messages } = JSON.parse(text);
  const { authorization } = request.headers;
  const [system, user] = messages;
  return {
    authorization,
    url: request.url,
    model,
    stream,
    system: system.content,
    user: JSON.parse(user.content),
    closed,
  };
}

/** A piece of an answer as the protocol streams it; the last one says that the answer is whole. */
export function chunk(content: string, isLast = false): string {
  const choice = { index: 0, delta: { content }, finish_reason: isLast ? 'stop' : null };
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', choices: [choice] })}\n\n`;
}

/** Opens a stream. */
export function stream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream' });
}

/** Streams a whole answer in pieces. */
export function answers(text: string | ((asked: Asked) => string)): Reply {
  return (response, asked) => {
    const whole = typeof text === 'string' ? text : text(asked);
    const half = Math.floor(whole.length / 2);
    stream(response).write(chunk(whole.slice(0, half)));
    response.write(chunk(whole.slice(half)));
    response.end(`${chunk('', true)}data: [DONE]\n\n`);
  };
}

/** Answers with JSON. */
export function answersJson(value: unknown): Reply {
  return answers(JSON.stringify(value));
}

/** Refuses with a status, as OpenAI words it. */
export function refuses(
  status: number,
  message: string,
  headers: Record<string, string> = {},
  code?: string,
): Reply {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ error: { message, type: 'error', code: code ?? null } }));
  };
}

/** Streams these pieces and then nothing, for ever. */
export function stalls(...pieces: readonly string[]): Reply {
  return (response) => {
    stream(response).write(': waiting\n\n');
    for (const piece of pieces) response.write(chunk(piece));
  };
}

/** Breaks the connection off, after these pieces or before any answer. */
export function cuts(...pieces: readonly string[]): Reply {
  return (response) => {
    if (pieces.length === 0) return void response.socket?.destroy();
    stream(response);
    for (const piece of pieces) response.write(chunk(piece));
    setImmediate(() => response.socket?.destroy());
  };
}
