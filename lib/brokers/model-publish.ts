import { ENVELOPE_VERSION, type Envelope, hasProducedId } from '../core/message.js';
import { unknownVersion } from './admission.js';
import type { PublishOutcome } from './contract.js';
import {
  type BrokerState,
  type BrokerStep,
  bury,
  latest,
  type ModelProducer,
  size,
  sizeBytes,
  textBytes,
} from './model-state.js';

/** Accepts a beginning of the call: size is judged first, then identity, then room. */
export function publish(state: BrokerState, envelopes: readonly Envelope[]): BrokerStep {
  let after = state;
  const outcomes: PublishOutcome[] = [];
  for (const envelope of envelopes) {
    const outcome = judge(after, envelope, outcomes.includes('full'));
    outcomes.push(outcome);
    if (outcome === 'accepted') after = accept(after, envelope);
    if (outcome === 'full' && hasProducedId(envelope)) after = rememberRefusal(after, envelope);
  }
  return { state: after, outputs: [{ type: 'published', outcomes }] };
}

function judge(state: BrokerState, envelope: Envelope, isFull: boolean): PublishOutcome {
  const { limits } = state;
  const bytes = textBytes(envelope.payload);
  if (bytes > limits.payloadBytesMax) return 'too-large';
  if (isDuplicate(state, envelope)) return 'duplicate';
  if (isFull) return 'full';
  if (envelope.v !== ENVELOPE_VERSION) return 'accepted';
  if (size(state) + 1 > limits.queueDepthMax) return 'full';
  return sizeBytes(state) + bytes > limits.queueBytesMax ? 'full' : 'accepted';
}

function isDuplicate(state: BrokerState, envelope: Envelope): boolean {
  if (!hasProducedId(envelope)) return state.ids.some(({ id }) => id === envelope.id);
  const { mark, refused } = producerOf(state, envelope.producer);
  return mark !== undefined && envelope.seq <= mark && !refused.includes(envelope.seq);
}

function accept(state: BrokerState, envelope: Envelope): BrokerState {
  const accepted = state.accepted + 1;
  const after = { ...rememberAccepted(state, envelope), accepted };
  const { deliveries, failures, crashes } = envelope;
  if (envelope.v === ENVELOPE_VERSION) {
    const leftMs = state.capabilities.delayed ? envelope.delayMs : 0;
    const counts = { deliveries, failures, crashes, refusedAt: undefined };
    const message = { seq: accepted, envelope, ...counts, leftMs, waitedMs: 0 };
    return { ...after, fresh: [...after.fresh, message] };
  }
  return bury(after, { id: envelope.id, envelope, failures, crashes, reason: unknownVersion(envelope) });
}

function rememberAccepted(state: BrokerState, envelope: Envelope): BrokerState {
  if (!hasProducedId(envelope)) {
    const ids = [...state.ids, { id: envelope.id, leftMs: state.limits.dedupeWindowMs }];
    return { ...state, ids: latest(ids, state.limits.dedupeIdsMax) };
  }
  const { name, mark, refused } = producerOf(state, envelope.producer);
  return rememberProducer(state, {
    name,
    mark: Math.max(mark ?? envelope.seq, envelope.seq),
    refused: refused.filter((seq) => seq !== envelope.seq),
  });
}

function rememberRefusal(state: BrokerState, envelope: Envelope): BrokerState {
  const producer = producerOf(state, envelope.producer);
  const refused = [...producer.refused.filter((seq) => seq !== envelope.seq), envelope.seq];
  return rememberProducer(state, { ...producer, refused: latest(refused, state.limits.refusalsMax) });
}

function producerOf(state: BrokerState, name: string): ModelProducer {
  return state.producers.find((producer) => producer.name === name) ?? { name, mark: undefined, refused: [] };
}

function rememberProducer(state: BrokerState, producer: ModelProducer): BrokerState {
  const others = state.producers.filter(({ name }) => name !== producer.name);
  return { ...state, producers: latest([...others, producer], state.limits.producersMax) };
}
