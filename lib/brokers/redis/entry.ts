import { ENVELOPE_VERSION, type Envelope, messageId, NO_TRIES, producedId } from '../../core/message.js';
import { isFields } from '../../core/parse.js';
import type { Encoded } from '../../core/value.js';

/*
 * A message as text: a head in JSON, and behind a line feed the payload as it came. What is as usual is 0.
 *
 *     [1,"producer",7,0,"research","tasks","task","ada",0,4,0,0,0,0,0,1763787600123,1,0]
 *     {"the":"payload"}
 *
 * In this order: version, producer, seq, id (0: the produced one), coalition, queue, kind, agent, ordering key,
 * priority, delay, tries, deliveries, failures, crashes, time of submission, epoch, headers.
 */
const FIELDS = 18;

/** What most messages of a producer have in common, as text that was made once. */
interface HeadPart {
  readonly of: Envelope;
  readonly producer: string;
  readonly names: string;
}

let part: HeadPart | undefined;

/** The text of a message. */
export function encodeEntry(envelope: Envelope, hasOwnId: boolean): string {
  const { producer, names } = partFor(envelope);
  const { v, seq, id, orderingKey, priority, delayMs, enqueuedAtMs, epoch } = envelope;
  const key = orderingKey === undefined ? '0' : JSON.stringify(orderingKey);
  const ownId = hasOwnId ? JSON.stringify(id) : '0';
  const rest = `${countsOf(envelope)},${enqueuedAtMs},${epoch},${recordOf(envelope.headers)}`;
  return `[${v},${producer},${seq},${ownId},${names},${key},${priority},${delayMs},${recordOf(envelope.tries)},${rest}]\n${envelope.payload}`;
}

/** The message again; undefined for a text that is none, and for one of another version. */
export function decodeEntry(text: string): Envelope | undefined {
  return parse(text, (v) => v === ENVELOPE_VERSION);
}

/** The message of a dead letter, of any version; undefined for a text that is none. */
export function decodeLetter(text: string): Envelope | undefined {
  return parse(text, (v) => typeof v === 'number');
}

function parse(text: string, isVersion: (v: unknown) => boolean): Envelope | undefined {
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  const head = parseHead(text.slice(0, end));
  if (head === undefined || !isVersion(head[0])) return undefined;
  return envelopeOf(head, text.slice(end + 1) as Encoded);
}

function parseHead(text: string): readonly unknown[] | undefined {
  try {
    const head: unknown = JSON.parse(text);
    return Array.isArray(head) && head.length === FIELDS ? head : undefined;
  } catch {
    return undefined; // somebody else's: a dead letter with its text
  }
}

function envelopeOf(head: readonly unknown[], payload: Encoded): Envelope | undefined {
  const [v, producer, seq, id, coalition, queue, kind, agent, key, priority, delayMs, tries] = head;
  const [deliveries, failures, crashes, enqueuedAtMs, epoch, headers] = head.slice(12);
  const numbers = [seq, priority, delayMs, deliveries, failures, crashes, enqueuedAtMs, epoch];
  const texts = [producer, coalition, queue, kind, agent];
  if (!numbers.every((each) => typeof each === 'number')) return undefined;
  if (!texts.every((each) => typeof each === 'string')) return undefined;
  if (!isOptional(key) || !isOptional(id) || !isRecord(tries) || !isRecord(headers)) return undefined;
  // Each was looked at above; what other fields hold is as this release or one beside it wrote it.
  return {
    v,
    id: id === 0 ? producedId(producer as string, seq as number) : messageId(id as string),
    producer,
    seq,
    coalition,
    queue,
    kind,
    agent,
    orderingKey: key === 0 ? undefined : key,
    priority,
    delayMs,
    tries: tries === 0 ? NO_TRIES : tries,
    deliveries,
    failures,
    crashes,
    enqueuedAtMs,
    epoch,
    headers: headers === 0 ? {} : headers,
    payload,
  } as Envelope;
}

function isOptional(value: unknown): boolean {
  return value === 0 || typeof value === 'string';
}

function isRecord(value: unknown): boolean {
  return value === 0 || isFields(value);
}

function countsOf({ deliveries, failures, crashes }: Envelope): string {
  return `${deliveries},${failures},${crashes}`;
}

function recordOf(record: object): string {
  for (const _ in record) return JSON.stringify(record);
  return '0';
}

function partFor(envelope: Envelope): HeadPart {
  if (part !== undefined && isLike(part.of, envelope)) return part;
  const { producer, coalition, queue, kind, agent } = envelope;
  const names = [coalition, queue, kind, agent].map((name) => JSON.stringify(name)).join(',');
  part = { of: envelope, producer: JSON.stringify(producer), names };
  return part;
}

function isLike(left: Envelope, right: Envelope): boolean {
  return (
    left.agent === right.agent &&
    left.producer === right.producer &&
    left.kind === right.kind &&
    left.queue === right.queue &&
    left.coalition === right.coalition
  );
}
