import { strict as assert } from 'node:assert';
import type { MessageId } from '../../core/message.js';
import { messageId } from '../../core/message.js';
import type { Encoded } from '../../core/value.js';
import type { Answer, AnswerPage, AnswerShelf, AnswersRequest } from '../contract.js';
import { AskLine } from './ask-line.js';
import type { CommandArgs } from './call.js';
import type { QueueHost } from './redis-queue.js';
import { listOf, textOf } from './reply.js';
import type { RedisScript } from './script.js';
import { scripts } from './scripts.js';

/** The tenant's answers. A cursor is the place that was read last. */
export class RedisAnswers implements AnswerShelf {
  readonly #host: QueueHost;
  readonly #assertOpen: (operation: string) => void;
  readonly #line: AskLine<AnswerPage>;

  constructor(host: QueueHost, assertOpen: (operation: string) => void) {
    this.#host = host;
    this.#assertOpen = assertOpen;
    this.#line = new AskLine(host.clock);
  }

  /** Whether a reader waits here. */
  get isAwaited(): boolean {
    return this.#line.length > 0;
  }

  async read(asker: string, request: AnswersRequest): Promise<AnswerPage> {
    const { max, waitMs, cursor, signal } = request;
    assert(Number.isInteger(max) && max > 0, `a read of ${max} answers: max is 1 or more`);
    this.#assertOpen('answers.read');
    const untilMs = this.#host.clock.nowMs() + waitMs;
    const { touches } = this.#line;
    const nothing = { answers: [], cursor };
    if (signal?.aborted === true) return nothing;
    const ask = () => this.#page(asker, request);
    const page = await ask();
    if (page !== undefined || waitMs <= 0) return page ?? nothing;
    this.#host.listen();
    return this.#line.join({ kind: `${cursor} ${asker}`, untilMs, ask, nothing, signal }, touches);
  }

  async find(id: MessageId): Promise<Answer | undefined> {
    this.#assertOpen('answers.find');
    const [, text] = await this.#run(scripts.findAnswer, [id]);
    return typeof text === 'string' ? answerOf(id, text) : undefined;
  }

  /** There may be new ones. */
  touch(): void {
    this.#line.touch();
  }

  /** Gives those who wait what there is now. */
  serve(): Promise<void> {
    return this.#line.serve();
  }

  /** Sends every reader away with nothing. */
  end(): Promise<void> {
    return this.#line.end();
  }

  async #page(asker: string, { cursor, max, waitMs }: AnswersRequest): Promise<AnswerPage | undefined> {
    const place = cursor === '' ? '0' : cursor;
    assert(/^\d+$/.test(place), `a cursor '${cursor}': '' or that of a page of this shelf`);
    const [, ...rest] = await this.#run(scripts.readAnswers, [asker, place, max, Math.max(0, waitMs)]);
    const answers: Answer[] = [];
    for (let at = 0; at + 2 < rest.length; at += 3) {
      const answer = answerOf(messageId(textOf(rest[at + 1])), textOf(rest[at + 2]));
      if (answer !== undefined) answers.push(answer);
    }
    return answers.length === 0 ? undefined : { answers, cursor: textOf(rest[rest.length - 3]) };
  }

  async #run(script: RedisScript, args: CommandArgs): Promise<readonly unknown[]> {
    const { connection, tenantKeys, shelfTime, instance, limits } = this.#host;
    const bounds = [limits.resultTtlMs, limits.resultsMax, limits.resultBytesMax];
    const stamp = shelfTime.stamp();
    const reply = listOf(
      await connection.run(script, [tenantKeys], [...stamp, instance, ...bounds, ...args]),
    );
    shelfTime.observe(Number(reply[0]));
    return reply;
  }
}

/** The answer as `answerWords` wrote it; undefined for one that is gone. */
function answerOf(id: MessageId, text: string): Answer | undefined {
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  const asker: unknown = JSON.parse(text.slice(0, end));
  const outcome = text.slice(end + 1) as Encoded;
  return { id, asker: typeof asker === 'string' ? asker : undefined, outcome };
}
