import type { Delivery } from '../contract.js';
import { decodeEntry } from './entry.js';
import { entriesOf, listOf, textOf } from './reply.js';
import { type History, type Place, seqOf, tokenOf } from './token.js';

/** What a receive has brought. */
export interface Received {
  readonly nowMs: number;
  readonly nextMs: number;
  readonly deliveries: readonly Delivery[];
  /** Given out, and no messages: nobody can be given them. */
  readonly malformed: readonly Place[];
}

/** An entry that was given out. */
interface Given {
  readonly code: string;
  readonly id: string;
  readonly text: string;
  /** 'deliveries failures crashes' in this queue so far; '' the first time. */
  readonly counts: string;
}

/** Looks at what the receive script has answered. */
export function receivedFrom(reply: unknown, grant: string): Received {
  const [nowMs, nextMs, code, ...rest] = listOf(reply);
  const deliveries: Delivery[] = [];
  const malformed: Place[] = [];
  for (const given of textOf(code) === '' ? givenSingly(rest) : givenAlike(textOf(code), rest[0])) {
    const delivery = deliveryOf(given, grant);
    if (delivery !== undefined) deliveries.push(delivery);
    else malformed.push({ grant, code: given.code, id: given.id, bytes: 0, history: undefined });
  }
  return { nowMs: Number(nowMs), nextMs: Number(nextMs), deliveries, malformed };
}

function givenAlike(code: string, entries: unknown): Given[] {
  return entriesOf(entries).map(({ id, fields }) => ({ code, id, text: fields[1] ?? '', counts: '' }));
}

function givenSingly(values: readonly unknown[]): Given[] {
  const given: Given[] = [];
  for (let at = 0; at + 3 < values.length; at += 4) {
    const [code, id, text, counts] = values.slice(at, at + 4).map(textOf);
    given.push({ code: code ?? '', id: id ?? '', text: text ?? '', counts: counts ?? '' });
  }
  return given;
}

function deliveryOf({ code, id, text, counts }: Given, grant: string): Delivery | undefined {
  const envelope = decodeEntry(text);
  if (envelope === undefined) return undefined;
  const [deliveries = 0, failures = 0, crashes = 0] = counts === '' ? [] : counts.split(' ').map(Number);
  const before = { failuresBefore: envelope.failures, crashesBefore: envelope.crashes };
  const isKeyed = envelope.orderingKey !== undefined;
  const history: History = { isKeyed, deliveries, failures, crashes, ...before };
  const hasHistory = isKeyed || deliveries > 0 || envelope.failures > 0 || envelope.crashes > 0;
  const bytes = Buffer.byteLength(envelope.payload);
  return {
    seq: seqOf(code, id),
    token: tokenOf({ grant, code, id, bytes, history: hasHistory ? history : undefined }),
    envelope,
    deliveries: envelope.deliveries + deliveries + 1,
    failures: envelope.failures + failures,
    crashes: envelope.crashes + crashes,
  };
}
