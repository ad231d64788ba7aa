import type { Broker } from '../../brokers/contract.js';
import { ConclaveError } from '../../core/errors.js';
import { checkPayload } from '../../core/payload.js';
import { encode } from '../../core/value.js';
import type { AgentPlan } from '../agent-plan.js';
import { type Draft, tooLarge } from './publisher.js';
import type { DraftOptions } from './submit-options.js';

/** Makes payloads into drafts of tasks: checked by the agent's schema, plain, and of a size that the broker takes. */
export class Drafter {
  readonly #coalition: string;
  readonly #plans: ReadonlyMap<string, AgentPlan>;
  readonly #broker: Broker;

  constructor(coalition: string, plans: ReadonlyMap<string, AgentPlan>, broker: Broker) {
    this.#coalition = coalition;
    this.#plans = plans;
    this.#broker = broker;
  }

  /** @throws `UnknownAgent`. */
  planOf(agent: string): AgentPlan {
    const plan = this.#plans.get(agent);
    if (plan !== undefined) return plan;
    throw new ConclaveError(
      'UnknownAgent',
      `No agent is called "${agent}" in coalition "${this.#coalition}"; it has ${[...this.#plans.keys()].join(', ')}.`,
    );
  }

  /**
   * The draft of a task, its payload as given, whatever its schema makes of it where it runs. A promise only where
   * that schema is asynchronous.
   * @throws `UnknownAgent`, `NotSerializable`, `MessageTooLarge`, `InvalidPayload`, or rejects with the last.
   */
  draft(agent: string, payload: unknown, options: DraftOptions): Draft | Promise<Draft> {
    const { input } = this.planOf(agent);
    const draft: Draft = { kind: 'task', agent, payload: encode(payload), ...options };
    if (this.#isTooLarge(draft.payload)) throw tooLarge(draft, this.#broker);
    const checked = input === undefined ? undefined : checkPayload(agent, input, payload);
    return checked instanceof Promise ? checked.then(() => draft) : draft;
  }

  /** Drafts of all payloads, in order. @throws what `draft` does, naming the index of the first that is refused. */
  async draftAll(agent: string, payloads: Iterable<unknown>, options: DraftOptions): Promise<Draft[]> {
    const drafts: Draft[] = [];
    for (const payload of payloads) {
      if (drafts.length === PAYLOADS_MAX) throw tooMany();
      try {
        const draft = this.draft(agent, payload, options);
        drafts.push(draft instanceof Promise ? await draft : draft);
      } catch (error) {
        throw ofInput(drafts.length, error);
      }
    }
    return drafts;
  }

  #isTooLarge(payload: string): boolean {
    const { payloadBytesMax } = this.#broker.capabilities;
    // No character of a text takes more than 3 bytes: only what could be too large is counted.
    return payload.length * 3 > payloadBytesMax && Buffer.byteLength(payload) > payloadBytesMax;
  }
}

/** Payloads that one `submitAll` takes: it holds a handle of each. */
const PAYLOADS_MAX = 1_000_000;

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
