import type { Broker } from '../../brokers/contract.js';
import { encodeColumns } from '../../core/columns.js';
import { ConclaveError, textOf } from '../../core/errors.js';
import type { Limits } from '../../core/limits.js';
import { checkPayload } from '../../core/payload.js';
import { type Encoded, encode } from '../../core/value.js';
import type { AgentPlan } from '../agent-plan.js';
import { ChunkMaker, type ChunkMeasure, mayBeInChunks } from '../chunks/chunk-maker.js';
import type { Draft } from './publisher.js';
import type { DraftOptions } from './submit-options.js';
import { tooLarge } from './too-large.js';

/** As much of a name that no agent has as a message shows. */
const NAME_LENGTH_MAX = 256;

/** Makes payloads into drafts of tasks: checked by the agent's schema, plain, and of a size that the broker takes. */
export class Drafter {
  readonly #coalition: string;
  readonly #plans: ReadonlyMap<string, AgentPlan>;
  readonly #broker: Broker;
  readonly #limits: Limits;

  constructor(coalition: string, plans: ReadonlyMap<string, AgentPlan>, broker: Broker, limits: Limits) {
    this.#coalition = coalition;
    this.#plans = plans;
    this.#broker = broker;
    this.#limits = limits;
  }

  /** @throws `UnknownAgent`. */
  planOf(agent: string): AgentPlan {
    const plan = this.#plans.get(agent);
    if (plan !== undefined) return plan;
    throw new ConclaveError(
      'UnknownAgent',
      `No agent is called "${textOf(agent).slice(0, NAME_LENGTH_MAX)}" in coalition "${this.#coalition}"; it has ${[...this.#plans.keys()].join(', ')}.`,
    );
  }

  /**
   * The draft of a task, its payload as given, whatever its schema makes of it where it runs. A promise only where
   * that schema is asynchronous.
   * @throws `UnknownAgent`, `NotSerializable`, `MessageTooLarge`, `InvalidPayload`, or rejects with the last.
   */
  draft(agent: string, payload: unknown, options: DraftOptions): Draft | Promise<Draft> {
    const { input } = this.planOf(agent);
    const draft: Draft = { kind: 'task', agent, payload: this.#encode(payload), ...options };
    if (this.#isTooLarge(draft.payload)) throw tooLarge(draft, this.#broker);
    const checked = input === undefined ? undefined : checkPayload(agent, input, payload);
    return checked instanceof Promise ? checked.then(() => draft) : draft;
  }

  /** Takes payloads together, as many as `size` says of so many that wait, where that agent's tasks may be. */
  chunks(agent: string, options: DraftOptions, measure: ChunkMeasure): ChunkMaker {
    const plan = this.planOf(agent);
    const isMade = mayBeInChunks(plan, options, this.#broker, this.#limits);
    return new ChunkMaker({
      ...(isMade ? measure : ONE_BY_ONE),
      draft: (payloads) => this.#draftChunk(plan, payloads, options),
    });
  }

  /** The draft of a chunk; undefined where one of the payloads must be looked at by itself, to say what is wrong with it. */
  #draftChunk(
    { name: agent, input }: AgentPlan,
    payloads: readonly unknown[],
    options: DraftOptions,
  ): Draft | undefined {
    const { payloadBytesMax } = this.#broker.capabilities;
    try {
      if (input !== undefined)
        for (const payload of payloads) {
          const checked = checkPayload(agent, input, payload);
          if (!(checked instanceof Promise)) continue;
          checked.catch(() => {}); // it is checked again by itself, and told of then
          return undefined;
        }
      const payload = encodeColumns(payloads, 'payload', payloadBytesMax);
      return this.#isTooLarge(payload)
        ? undefined
        : { kind: 'task', agent, payload, count: payloads.length, ...options };
    } catch (error) {
      if (error instanceof ConclaveError) return undefined;
      throw error;
    }
  }

  /**
   * Drafts of all payloads, in order, some of them of chunks.
   * @throws what `draft` does, naming the index of the first that is refused.
   */
  async draftAll(
    agent: string,
    given: Iterable<unknown>,
    options: DraftOptions,
    chunks: Pick<ChunkMaker, 'parts'>,
  ): Promise<Draft[]> {
    const drafts: Draft[] = [];
    let first = 0;
    for (const { payloads, draft } of chunks.parts(bounded(given))) {
      if (draft === undefined) await this.#draftEach(agent, payloads, first, options, drafts);
      else drafts.push(draft);
      first += payloads.length;
    }
    return drafts;
  }

  async #draftEach(
    agent: string,
    payloads: readonly unknown[],
    first: number,
    options: DraftOptions,
    drafts: Draft[],
  ): Promise<void> {
    for (const [at, payload] of payloads.entries()) {
      try {
        const draft = this.draft(agent, payload, options);
        drafts.push(draft instanceof Promise ? await draft : draft);
      } catch (error) {
        throw ofInput(first + at, error);
      }
    }
  }

  #encode(payload: unknown): Encoded {
    return encode(payload, 'payload', this.#broker.capabilities.payloadBytesMax);
  }

  #isTooLarge(payload: string): boolean {
    const { payloadBytesMax } = this.#broker.capabilities;
    // No character of a text takes more than 3 bytes: only what could be too large is counted.
    return payload.length * 3 > payloadBytesMax && Buffer.byteLength(payload) > payloadBytesMax;
  }
}

/** Where tasks are looked at one by one. */
const ONE_BY_ONE: ChunkMeasure = { size: () => 1, isMeasured: () => true, nextReport: async () => undefined };

/** Payloads that one `submitAll` takes: it holds a handle of each. */
const PAYLOADS_MAX = 1_000_000;

function bounded(given: Iterable<unknown>): unknown[] {
  const payloads: unknown[] = [];
  for (const payload of given) {
    if (payloads.length === PAYLOADS_MAX) throw tooMany();
    payloads.push(payload);
  }
  return payloads;
}

function tooMany(): ConclaveError {
  return new ConclaveError(
    'InvalidOption',
    `submitAll takes at most ${PAYLOADS_MAX} inputs at once, as it holds all their handles. Use map for more.`,
  );
}

function ofInput(index: number, error: unknown): unknown {
  if (!(error instanceof ConclaveError)) return error;
  return new ConclaveError(error.code, `inputs[${index}]: ${error.message}`, { cause: error });
}
