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
}

/** An endpoint given by a function. */
export class Route extends Endpoint {
  readonly #take: (event: EventObject) => boolean;

  constructor(id: string, take: (event: EventObject) => boolean) {
    super(id);
    this.#take = take;
  }

  override receive(event: EventObject): boolean {
    return this.#take(event);
  }
}
