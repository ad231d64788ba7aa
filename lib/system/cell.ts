import type { AnyActorRef, EventObject } from 'xstate';
import type { Dispatcher, Unit } from './dispatcher.js';
import { STOP_EVENT } from './engine.js';
import type { DeadLetterReason } from './exit.js';
import { ControlEvent, Mailbox } from './mailbox.js';
import type { Engine, Stepper } from './stepper.js';

/** Who is told what becomes of a cell's incarnation. */
export interface CellOwner {
  /** It has ended; `last` is the event it saw last, undefined if it ended while it started. */
  incarnationEnded(last: EventObject | undefined): void;
  /** Everything that stood in line before `mark` has been seen. */
  markReached(): void;
}

/** What a cell needs of its surroundings. */
export interface CellHost {
  readonly dispatcher: Dispatcher;
  readonly mailboxCapacity: number;
  stepperOf(engine: Engine): Stepper;
  deadLetter(to: string, event: EventObject, reason: DeadLetterReason, error?: unknown): void;
  report(what: string, error: unknown): void;
}

const MARK = new ControlEvent({ type: 'conclave.mark' }, undefined, false);

/**
 * A stable place for an actor: its mailbox, and the incarnation that works it off, if there is one. Without one
 * the mailbox keeps what arrives.
 */
export class Cell implements Unit {
  readonly id: string;
  scheduled = false;
  /** A chart's own child on its way out: what still reaches it must reach it at once, or never. */
  isLeaving = false;
  readonly #host: CellHost;
  readonly #mailbox: Mailbox;
  readonly #owner: CellOwner | undefined;
  #engine: Engine | undefined;
  #stepper: Stepper | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isEnded = false;
  #isDelivering = false;

  constructor(id: string, host: CellHost, owner: CellOwner | undefined, capacity = host.mailboxCapacity) {
    this.id = id;
    this.#host = host;
    this.#owner = owner;
    this.#mailbox = new Mailbox(capacity);
  }

  get ready(): boolean {
    return this.#engine !== undefined && this.#mailbox.length > 0;
  }

  /** Whether somebody here decides what happens after an end; otherwise a chart does. */
  get isSupervised(): boolean {
    return this.#owner !== undefined;
  }

  /** Whether it refuses for want of room alone. */
  get isFull(): boolean {
    return this.#state === 'open' && this.#mailbox.isFull;
  }

  /** Takes a sender's event; false when full, or when nobody will see it any more. */
  offer(event: EventObject): boolean {
    if (this.#state !== 'open' || !this.#mailbox.offer(event)) return false;
    this.#wake();
    return true;
  }

  /** Takes an event of the runtime, which is never refused while somebody could see it. */
  control(event: EventObject, incarnation?: AnyActorRef): void {
    this.#push(new ControlEvent(event, incarnation, false));
  }

  /** Takes word of a full mailbox elsewhere. Bounded too, or who floods others would be flooded with the answers. */
  notice(event: EventObject): void {
    if (this.#mailbox.hasRoomForNotice) this.#push(new ControlEvent(event, undefined, false));
  }

  /** Takes data that the incarnation makes for itself: bounded like a sender's. */
  data(event: EventObject, incarnation: AnyActorRef): boolean {
    if (this.#mailbox.isFull) return false;
    this.#push(new ControlEvent(event, incarnation, true));
    return true;
  }

  /** Tells the owner once everything that stands in line now has been seen; what comes later is refused if `last`. */
  mark(last: boolean): void {
    this.#push(MARK);
    if (last) this.#state = 'closing';
  }

  /** Works for an actor that xstate started by itself: a child of a chart. */
  adopt(engine: Engine): void {
    this.#engine = engine;
    this.#stepper = this.#host.stepperOf(engine);
  }

  /** Starts an incarnation, which then works off the mailbox. */
  begin(engine: Engine): void {
    this.adopt(engine);
    this.#state = 'open';
    this.#enter(() => engine.start(), undefined);
    if (this.ready) this.#wake();
  }

  /** Gives an event to the incarnation at once, past the line. */
  step(event: EventObject): void {
    const engine = this.#engine;
    if (engine !== undefined) this.#enter(() => engine._send(event), event);
  }

  /** Ends the incarnation at once; what stands in line stays there. */
  halt(): void {
    this.step(STOP_EVENT);
  }

  /** Takes nothing from now on; what stands in line becomes dead letters. */
  close(): void {
    this.#state = 'closed';
    while (this.#mailbox.length > 0) {
      const event = this.#mailbox.popControl() === undefined ? this.#mailbox.popEvent() : undefined;
      if (event !== undefined) this.#host.deadLetter(this.id, event, 'stopped');
    }
  }

  /** Gives the incarnation all that stands in line, now: xstate's own charts rely on it before they stop a child. */
  flush(): void {
    while (this.ready && !this.#isDelivering) this.run(this.#mailbox.length);
  }

  /** xstate says that the incarnation has ended; noticed here, acted upon once its last step is over. */
  end(engine: AnyActorRef): void {
    if (engine !== this.#engine) return;
    this.#isEnded = true;
    if (!this.#isDelivering) this.#finish(undefined);
  }

  run(budget: number): number {
    let count = 0;
    while (count < budget && this.#stepper !== undefined) {
      const control = this.#mailbox.popControl();
      const event = control === undefined ? this.#mailbox.popEvent() : undefined;
      if (control !== undefined) this.#deliverControl(control);
      else if (event !== undefined) this.#deliver(this.#stepper, event);
      else break;
      count += 1;
    }
    return count;
  }

  #deliverControl(control: ControlEvent): void {
    if (control === MARK) this.#owner?.markReached();
    else if (this.#stepper === undefined) return;
    // What was meant for an earlier incarnation, such as its timer, died with it.
    else if (control.incarnation === undefined || control.incarnation === this.#engine) {
      this.#deliver(this.#stepper, control.event);
    }
  }

  #deliver(stepper: Stepper, event: EventObject): void {
    this.#isDelivering = true;
    try {
      stepper.step(event);
    } catch (error) {
      this.#host.report(`'${this.id}' let an error out of its step`, error);
    }
    this.#isDelivering = false;
    if (this.#isEnded) this.#finish(event);
  }

  /** The same for the rare steps: not on the path of a send, so it may cost a closure; may nest in a delivery. */
  #enter(step: () => void, event: EventObject | undefined): void {
    const nested = this.#isDelivering;
    this.#isDelivering = true;
    try {
      step();
    } catch (error) {
      this.#host.report(`'${this.id}' let an error out of its step`, error);
    }
    this.#isDelivering = nested;
    if (this.#isEnded && !nested) this.#finish(event);
  }

  #finish(last: EventObject | undefined): void {
    this.#engine = undefined;
    this.#stepper = undefined;
    this.#isEnded = false;
    if (this.#owner === undefined) this.close();
    else this.#owner.incarnationEnded(last);
  }

  #push(control: ControlEvent): void {
    if (this.#state === 'closed') return;
    this.#mailbox.push(control);
    this.#wake();
  }

  #wake(): void {
    if (this.#engine !== undefined) this.#host.dispatcher.schedule(this);
  }
}
