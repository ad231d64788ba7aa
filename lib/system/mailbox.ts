import type { AnyActorRef, EventObject } from 'xstate';
import { Deque } from '../core/deque.js';

/** An event of the runtime, not of a sender: a timer, the end of a child, an order to stop. */
export class ControlEvent {
  readonly event: EventObject;
  /** The incarnation it is meant for; a later one must not see it. Undefined: whoever lives. */
  readonly incarnation: AnyActorRef | undefined;
  /** Whether it takes a place in the mailbox. */
  readonly counted: boolean;

  constructor(event: EventObject, incarnation: AnyActorRef | undefined, counted: boolean) {
    this.event = event;
    this.incarnation = incarnation;
    this.counted = counted;
  }
}

/**
 * The events an actor has still to see, in order of arrival. Senders' events are bounded by the capacity;
 * control events stand in the same line, so that none overtakes another, and are never refused.
 */
export class Mailbox {
  readonly #items = new Deque<EventObject | ControlEvent>();
  readonly #capacity: number;
  #counted = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#items.length;
  }

  get isFull(): boolean {
    return this.#counted >= this.#capacity;
  }

  /** Whether news of a refusal still fits: as many again as there are places. */
  get hasRoomForNotice(): boolean {
    return this.#items.length < 2 * this.#capacity;
  }

  /** Takes a sender's event; false when full. */
  offer(event: EventObject): boolean {
    if (this.#counted >= this.#capacity) return false;
    this.#counted += 1;
    this.#items.pushBack(event);
    return true;
  }

  /** Takes a control event, whatever stands in line. */
  push(control: ControlEvent): void {
    if (control.counted) this.#counted += 1;
    this.#items.pushBack(control);
  }

  pop(): EventObject | ControlEvent | undefined {
    const item = this.#items.popFront();
    if (item === undefined) return undefined;
    if (!(item instanceof ControlEvent) || item.counted) this.#counted -= 1;
    return item;
  }
}
