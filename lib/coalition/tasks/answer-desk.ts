import type { Delivery, Answer as KeptAnswer } from '../../brokers/contract.js';
import type { ClaimDraft } from '../../core/claim-draft.js';
import { ConclaveError } from '../../core/errors.js';
import type { Span } from '../../core/frame.js';
import type { Listeners } from '../../core/listeners.js';
import { type Envelope, hasProducedId, type MessageId, producedId } from '../../core/message.js';
import { type Encoded, encode } from '../../core/value.js';
import type { Answer, ChunkAnswer, Failure, TaskSink } from '../dispatch/settlement.js';
import type { CoalitionEvents } from '../events.js';
import { encodeOutcome, type Outcome } from './outcome.js';
import type { Draft, Publisher } from './publisher.js';
import type { TaskTable } from './task-table.js';

export interface AnswerDeskOptions {
  readonly coalition: string;
  readonly table: TaskTable;
  readonly results: Publisher;
  readonly claims: Publisher;
  readonly announcer: Listeners<CoalitionEvents>;
  /** Whether the broker keeps answers for those who ask it. */
  readonly keepsAnswers: boolean;
}

/** How a task of ours ended that another pool ran. */
export interface HeardAnswer {
  readonly id: MessageId;
  readonly outcome: Outcome;
}

/** How tasks ended, in all. */
export interface AnswerCounts {
  readonly completed: number;
  readonly deadLettered: number;
  readonly claimed: number;
}

/**
 * Where answers go: claims and query results to their queues, before the task is acknowledged; every answer to
 * whoever waits for it.
 */
export class AnswerDesk implements TaskSink {
  readonly #options: AnswerDeskOptions;
  /** Batches whose claims are published: an answer that is handed over again makes none a second time. */
  readonly #claimedFor = new WeakSet<readonly Answer[]>();
  #completed = 0;
  #deadLettered = 0;
  #claimed = 0;

  constructor(options: AnswerDeskOptions) {
    this.#options = options;
  }

  get counts(): AnswerCounts {
    return { completed: this.#completed, deadLettered: this.#deadLettered, claimed: this.#claimed };
  }

  async answered(answers: readonly Answer[]): Promise<void> {
    const { table, results, claims, announcer } = this.#options;
    const isAgain = this.#claimedFor.has(answers);
    const claimDrafts = isAgain ? [] : answers.flatMap((answer) => this.#claimsOf(answer));
    if (claimDrafts.length > 0) {
      const fresh = await claims.publishAll(claimDrafts);
      this.#claimed += fresh; // not in one line: others count while this one waits
      this.#claimedFor.add(answers);
    }
    const resultDrafts = answers.filter(isOfQuery).map(resultOf);
    if (resultDrafts.length > 0) await results.publishAll(resultDrafts);
    this.#completed += table.answered(answers);
    if (!announcer.isHeard('task')) return;
    for (const { delivery } of answers) announcer.emit('task', { ...nameOf(delivery), state: 'completed' });
  }

  async chunkAnswered({ delivery, spans, answers }: ChunkAnswer): Promise<void> {
    const { table, announcer } = this.#options;
    const { envelope } = delivery;
    const completed = announcer.isHeard('task') ? this.#wantedIds(delivery, spans) : [];
    this.#completed += table.chunkAnswered(envelope, spans, answers);
    for (const id of completed) announcer.emit('task', { id, agent: envelope.agent, state: 'completed' });
  }

  #wantedIds({ envelope }: Delivery, spans: readonly Span[]): string[] {
    const { producer, seq } = envelope;
    const closed = new Set(this.#options.table.closedPlaces(envelope));
    return spans.flatMap(([from, count]) => {
      const places = Array.from({ length: count }, (_, index) => from + index);
      return places.filter((at) => !closed.has(at)).map((at) => producedId(producer, seq + at));
    });
  }

  /** Claims and query results travel in queues of their own, each a message that must fit. */
  refusalOf(answer: Answer): ConclaveError | undefined {
    if (answer.claims.length === 0 && !isOfQuery(answer)) return undefined;
    const drafts = this.#claimsOf(answer).map((draft) => [draft, this.#options.claims] as const);
    if (isOfQuery(answer)) drafts.push([resultOf(answer), this.#options.results]);
    for (const [draft, publisher] of drafts) {
      const refusal = publisher.refusalOf(draft);
      if (refusal !== undefined) return refusal;
    }
    return undefined;
  }

  /** What a handle may ask for is kept, and what others are to hear of; a loop over `map` dies with its process. */
  kept(ending: Answer | Failure): KeptAnswer | undefined {
    const { keepsAnswers, table } = this.#options;
    const { delivery } = ending;
    const { id, producer } = delivery.envelope;
    if (!keepsAnswers || !table.isAskedFor(delivery.envelope)) return undefined;
    const asker = table.isOurs(delivery.envelope) ? undefined : producer;
    return { id, asker, outcome: encodeOutcome(outcomeOf(ending)) };
  }

  /** Hands over answers to tasks of ours that others have run. */
  heard(answers: readonly HeardAnswer[]): void {
    const { table, announcer } = this.#options;
    for (const { id, outcome } of answers) {
      if (!table.heard(outcome)) continue;
      const { agent } = outcome;
      if (outcome.state === 'completed') {
        this.#completed += 1;
        announcer.emit('task', { id, agent, state: 'completed' });
      } else this.#fail({ id, agent }, 1, outcome.error);
    }
  }

  /** These belong to no query that runs: they are dropped, and that is told. */
  orphaned(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      this.#options.announcer.emit('task', { ...nameOf(delivery), state: 'cancelled', reason: ORPHANED });
    }
  }

  retried(delivery: Delivery, error: Error, delayMs: number): void {
    this.#options.table.retried(delivery);
    this.#options.announcer.emit('task', { ...nameOf(delivery), state: 'retrying', delayMs, error });
  }

  deadLettered(delivery: Delivery, cause: Error): void {
    const error = finalError(delivery, cause);
    this.#fail(nameOf(delivery), this.#options.table.failed(delivery, error), error);
  }

  #fail(name: { readonly id: string; readonly agent: string }, count: number, error: ConclaveError): void {
    const { announcer } = this.#options;
    this.#deadLettered += count;
    announcer.emit('task', { ...name, state: 'failed', error });
    announcer.emit('deadLetter', { ...name, error });
  }

  #claimsOf({ delivery, claims }: Answer): Draft[] {
    const { envelope } = delivery;
    return claims.map((claim, index) => {
      const id = `${this.#claimant(envelope)}#${index + 1}`;
      return { kind: 'claim', agent: envelope.agent, id, payload: this.#claim(id, delivery, claim) };
    });
  }

  /** A caller's own id is its coalition's alone, while a store is shared. */
  #claimant(envelope: Envelope): string {
    return hasProducedId(envelope) ? envelope.id : `${this.#options.coalition}/${envelope.id}`;
  }

  #claim(id: string, { envelope }: Delivery, { text, sources, verdict }: ClaimDraft): Encoded {
    return encode({
      id,
      coalition: this.#options.coalition,
      loop: Number(envelope.headers.loop ?? 0),
      agent: envelope.agent,
      text,
      sources: sources ?? [],
      ...(verdict !== undefined && { verdict }),
    });
  }
}

const ORPHANED = 'its query ended with the process that ran it';

function isOfQuery({ delivery }: Answer): boolean {
  return delivery.envelope.headers.query !== undefined;
}

/** The entry of the shared state, its value left in the text that the worker encoded. */
function resultOf({ delivery, value }: Answer): Draft {
  const { id, agent, headers } = delivery.envelope;
  const head = JSON.stringify({ id, loop: Number(headers.loop), stage: Number(headers.stage), agent });
  const payload = `${head.slice(0, -1)},"value":${value}}` as Encoded;
  return { kind: 'result', agent, id, payload, headers: { query: headers.query ?? '' } };
}

function outcomeOf(ending: Answer | Failure): Outcome {
  const { seq, agent } = ending.delivery.envelope;
  if ('value' in ending) return { seq, agent, state: 'completed', value: ending.value };
  return { seq, agent, state: 'failed', error: finalError(ending.delivery, ending.error) };
}

function nameOf({ envelope }: Delivery): { readonly id: string; readonly agent: string } {
  return { id: envelope.id, agent: envelope.agent };
}

function finalError(delivery: Delivery, cause: Error): ConclaveError {
  if (cause instanceof ConclaveError) return cause;
  const attempts = delivery.failures + delivery.crashes + 1;
  return new ConclaveError(
    'HandlerFailed',
    `Agent "${delivery.envelope.agent}" failed task ${delivery.envelope.id} in ${attempts} ` +
      `${attempts === 1 ? 'attempt' : 'attempts'}: ${cause.message}`,
    { cause },
  );
}
