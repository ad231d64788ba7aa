import type { EventObject } from 'xstate';

/** What stands in a dead letter for something that was sent and is no event. */
export interface MalformedEvent {
  readonly type: 'conclave.malformed';
  /** What came instead of an event. */
  readonly value: unknown;
}

/** Whether it is no event: no object, or one without a text as `type`. Nothing that is sent makes it throw. */
export function isMalformed(sent: EventObject): boolean {
  try {
    // Read without asking whether it is there: of events of many shapes that costs several times as much.
    return typeof sent !== 'object' || sent === null || typeof sent.type !== 'string';
  } catch {
    return true;
  }
}

/** The event itself, or one that holds what came instead. */
export function wellFormed(sent: EventObject): EventObject {
  if (!isMalformed(sent)) return sent;
  const malformed: MalformedEvent = { type: 'conclave.malformed', value: sent };
  return malformed;
}
