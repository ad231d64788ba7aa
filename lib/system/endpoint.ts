import type { AnyActorRef, EventObject } from 'xstate';

/**
 * Somebody a chart can send to by id: an actor of this system, or a proxy for one that lives elsewhere. It holds
 * across restarts of whoever is behind it.
 */
export abstract class Endpoint {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** False when it was not taken; then it is a dead letter. `source` is who sent it, undefined from outside. */
  abstract receive(event: EventObject, source: AnyActorRef | undefined): boolean;

  /** What xstate's own references have: logic that is no chart sends by `system.get(id).send(event)`. */
  abstract send(event: EventObject): boolean;
}

/** Whoever sends under an id. */
interface Sender {
  send(id: string, event: EventObject): boolean;
}

/** An endpoint given by a function. */
export class Route extends Endpoint {
  readonly #sender: Sender;
  readonly #take: (event: EventObject) => boolean;

  constructor(id: string, sender: Sender, take: (event: EventObject) => boolean) {
    super(id);
    this.#sender = sender;
    this.#take = take;
  }

  override receive(event: EventObject): boolean {
    return this.#take(event);
  }

  override send(event: EventObject): boolean {
    return this.#sender.send(this.id, event);
  }
}
