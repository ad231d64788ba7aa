import type { Broker, PublishOutcome } from '../../brokers/contract.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ConclaveError } from '../../core/errors.js';
import {
  ENVELOPE_VERSION,
  type Envelope,
  type MessageKind,
  messageId,
  NO_TRIES,
  PRIORITY_DEFAULT,
  producedId,
  type Tries,
} from '../../core/message.js';
import type { Encoded } from '../../core/value.js';

/** What a message says, before it has an identity. */
export interface Draft {
  readonly kind: MessageKind;
  readonly agent: string;
  readonly payload: Encoded;
  /** The caller's own id; without one the message is known by producer and sequence number. */
  readonly id?: string | undefined;
  readonly priority?: number | undefined;
  readonly orderingKey?: string | undefined;
  readonly delayMs?: number | undefined;
  readonly tries?: Tries | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PublisherOptions {
  readonly broker: Broker;
  readonly queue: string;
  readonly coalition: string;
  /** This producer's session. */
  readonly producer: string;
  readonly epoch: () => number;
  readonly clock: Clock;
}

/** Whoever must know of messages before they can be answered. */
export interface PublishWatcher {
  stamped(envelopes: readonly Envelope[]): void;
  refused(envelopes: readonly Envelope[]): void;
}

interface Tick {
  readonly envelopes: Envelope[];
  readonly outcomes: Promise<readonly PublishOutcome[]>;
  readonly send: () => void;
}

const ROOM_WAIT_MS = 10;

/** One producer on one queue: gives messages their identity and publishes them, all of one tick in one step. */
export class Publisher {
  readonly #options: PublisherOptions;
  #seq = 0;
  #tick: Tick | undefined;
  readonly #closing = new AbortController();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Gives a message its identity: from here on it keeps its place in the order. */
  stamp(draft: Draft): Envelope {
    const { queue, coalition, producer, epoch, clock } = this.#options;
    this.#seq += 1;
    return {
      v: ENVELOPE_VERSION,
      id: draft.id === undefined ? producedId(producer, this.#seq) : messageId(draft.id),
      producer,
      seq: this.#seq,
      coalition,
      queue,
      kind: draft.kind,
      agent: draft.agent,
      orderingKey: draft.orderingKey,
      priority: draft.priority ?? PRIORITY_DEFAULT,
      delayMs: draft.delayMs ?? 0,
      tries: draft.tries ?? NO_TRIES,
      deliveries: 0,
      failures: 0,
      crashes: 0,
      enqueuedAtMs: clock.wallMs(),
      epoch: epoch(),
      headers: draft.headers ?? NO_HEADERS,
      payload: draft.payload,
    };
  }

  /** Publishes one message together with all others of this tick. */
  async publish(envelope: Envelope): Promise<PublishOutcome> {
    this.#tick ??= this.#openTick();
    const { envelopes, outcomes } = this.#tick;
    const position = envelopes.push(envelope) - 1;
    return (await outcomes)[position] ?? 'full';
  }

  /**
   * Publishes in order and waits for room as long as the queue is full, or until `signal` aborts. The watcher
   * hears of each message before the broker does; what is refused for want of room is stamped again. Resolves to
   * how many were new to the queue.
   * @throws `MessageTooLarge` for a payload over the broker's limit, `ShuttingDown` after `close`.
   */
  async publishAll(
    drafts: readonly Draft[],
    watcher?: PublishWatcher,
    signal?: AbortSignal,
  ): Promise<number> {
    const { broker, queue, clock } = this.#options;
    const { signal: closing } = this.#closing;
    let accepted = 0;
    let waiting = drafts;
    while (waiting.length > 0) {
      this.throwIfClosed();
      signal?.throwIfAborted();
      this.#endTick(); // those have lower numbers: published after these, they would be taken for resends
      const envelopes = waiting.map((draft) => this.stamp(draft));
      watcher?.stamped(envelopes);
      const outcomes = await broker.publish(queue, envelopes);
      const refused = envelopes.filter((_, index) => !isHeld(outcomes[index]));
      accepted += outcomes.filter((outcome) => outcome === 'accepted').length;
      if (refused.length > 0) watcher?.refused(refused);
      const oversized = envelopes[outcomes.indexOf('too-large')];
      if (oversized !== undefined) throw tooLarge(oversized, broker);
      waiting = waiting.filter((_, index) => outcomes[index] === 'full');
      if (waiting.length > 0) await sleep(clock, ROOM_WAIT_MS, signal, closing);
    }
    return accepted;
  }

  /**
   * Waits a while for room, at most until that time of the clock; false if that has come.
   * @throws the signal's reason when it aborts, `ShuttingDown` after `close`.
   */
  async waitForRoom(untilMs: number, signal?: AbortSignal): Promise<boolean> {
    const { clock } = this.#options;
    const { signal: closing } = this.#closing;
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0) return false;
    await sleep(clock, Math.min(ROOM_WAIT_MS, leftMs), signal, closing);
    this.throwIfClosed();
    signal?.throwIfAborted();
    return true;
  }

  /** Why the broker would never take this message; undefined if it would. */
  refusalOf(draft: Draft): ConclaveError | undefined {
    const { broker } = this.#options;
    const isTooLarge = Buffer.byteLength(draft.payload) > broker.capabilities.payloadBytesMax;
    return isTooLarge ? tooLarge(draft, broker) : undefined;
  }

  /** @throws `ShuttingDown` after `close`. */
  throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** Whoever waits for room waits no longer. */
  close(): void {
    const { queue } = this.#options;
    const message = `The coalition was shut down before there was room in ${queue}.`;
    this.#closing.abort(new ConclaveError('ShuttingDown', message));
  }

  #openTick(): Tick {
    const { broker, queue } = this.#options;
    const envelopes: Envelope[] = [];
    let send = () => {};
    const outcomes = new Promise<readonly PublishOutcome[]>((resolve) => {
      send = () => resolve(broker.publish(queue, envelopes));
    });
    queueMicrotask(() => this.#endTick());
    return { envelopes, outcomes, send };
  }

  #endTick(): void {
    const tick = this.#tick;
    this.#tick = undefined;
    tick?.send();
  }
}

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

function isHeld(outcome: PublishOutcome | undefined): boolean {
  return outcome === 'accepted' || outcome === 'duplicate';
}

/** The refusal of a message over the broker's limit, in words. */
export function tooLarge(envelope: Pick<Draft, 'agent' | 'payload'>, broker: Broker): ConclaveError {
  return new ConclaveError(
    'MessageTooLarge',
    `A message for or of "${envelope.agent}" is ${Buffer.byteLength(envelope.payload)} bytes encoded; ${broker.name} ` +
      `takes at most ${broker.capabilities.payloadBytesMax} (payloadBytesMax). Send a reference to the data instead.`,
  );
}
