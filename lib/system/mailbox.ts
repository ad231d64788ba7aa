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

type Slots = (EventObject | undefined)[];

const SLOTS = 16;
const GROWTH = 4;
/** What an empty mailbox keeps for itself: half a kibibyte. */
const SLOTS_KEPT_MAX = 64;
/** What is kept of a burst for the next one, whosever it is: one of each size, 170 KiB for all systems together. */
const SLOTS_SPARED_MAX = 16_384;
const spares = new Map<number, Slots>();

/**
 * The events an actor has still to see, in order of arrival. Senders' events are bounded by the capacity;
 * control events stand in the same line, so that none overtakes another, and are never refused.
 *
 *     slots:     [ . . A B C . . . ]   head = 2, length = 3; a power of two, four times as many when they are all taken
 *                      ^head
 *     controls:  [ after 2 ]           its turn is when two more events have been taken: A, B, the control, C
 *
 * Control events are few and stand apart, so that an event's path need not ask what it is. An empty mailbox gives up
 * what a burst took, for others to take: a large array is dearer to make than to fill.
 */
export class Mailbox {
  readonly #capacity: number;
  readonly #controls = new Deque<{ readonly control: ControlEvent; readonly after: number }>();
  #slots: Slots = new Array(SLOTS);
  #head = 0;
  #length = 0;
  /** Events taken since the mailbox was last empty. */
  #taken = 0;
  #counted = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#length + this.#controls.length;
  }

  get isFull(): boolean {
    return this.#counted >= this.#capacity;
  }

  /** Whether news of a refusal still fits: as many again as there are places. */
  get hasRoomForNotice(): boolean {
    return this.length < 2 * this.#capacity;
  }

  /** Takes a sender's event; false when full. */
  offer(event: EventObject): boolean {
    if (this.#counted >= this.#capacity) return false;
    this.#counted += 1;
    if (this.#length === this.#slots.length) this.#grow();
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = event;
    this.#length += 1;
    return true;
  }

  /** Takes a control event, whatever stands in line. */
  push(control: ControlEvent): void {
    if (control.counted) this.#counted += 1;
    this.#controls.pushBack({ control, after: this.#taken + this.#length });
  }

  /** The control event whose turn it is. */
  popControl(): ControlEvent | undefined {
    if (this.#controls.length === 0 || this.#controls.peekFront()?.after !== this.#taken) return undefined;
    const control = this.#controls.popFront()?.control;
    if (control?.counted === true) this.#counted -= 1;
    return control;
  }

  /** The sender's event whose turn it is, once no control event's is. */
  popEvent(): EventObject | undefined {
    if (this.#length === 0) return undefined;
    const event = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#length -= 1;
    this.#counted -= 1;
    this.#taken += 1;
    if (this.#length === 0) this.#rest();
    return event;
  }

  /** Four times the room. What is left behind is cleared, or it would hold on to its events as a spare. */
  #grow(): void {
    const full = this.#slots;
    const size = GROWTH * full.length;
    const slots: Slots = spares.get(size) ?? new Array(size);
    spares.delete(size);
    for (let at = 0; at < full.length; at += 1) slots[at] = full[(this.#head + at) & (full.length - 1)];
    spare(full.fill(undefined));
    this.#slots = slots;
    this.#head = 0;
  }

  #rest(): void {
    if (this.#controls.length === 0) this.#taken = 0;
    if (this.#slots.length <= SLOTS_KEPT_MAX) return;
    spare(this.#slots);
    this.#slots = new Array(SLOTS);
    this.#head = 0;
  }
}

/** Keeps an array that has been cleared. */
function spare(slots: Slots): void {
  if (slots.length > SLOTS && slots.length <= SLOTS_SPARED_MAX) spares.set(slots.length, slots);
}
