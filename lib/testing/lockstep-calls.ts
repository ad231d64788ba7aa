/** The receives and reads of a comparison, numbered from 0, and what calls each of them off. */
export class LockstepCalls {
  readonly #controllers: AbortController[] = [];

  /** The number of the next one. */
  get next(): number {
    return this.#controllers.length;
  }

  /** Begins the next one. */
  begin(): { readonly call: number; readonly signal: AbortSignal } {
    const controller = new AbortController();
    this.#controllers.push(controller);
    return { call: this.#controllers.length - 1, signal: controller.signal };
  }

  /** Calls one off; false if there is none of that number. */
  callOff(call: number): boolean {
    const controller = this.#controllers[call];
    controller?.abort();
    return controller !== undefined;
  }
}
