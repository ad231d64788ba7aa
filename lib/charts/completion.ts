import type { AnyEventObject } from 'xstate';
import { isOver, type Node } from './nodes.js';
import type { Operation } from './operation.js';
import type { Run } from './run.js';

/** What entering a final state brings about. */
export interface Completion {
  readonly operations: readonly Operation[];
  /** Whether the chart itself is over. */
  readonly isLast: boolean;
}

/** Says who is over with a final state. `over` are the parallel states known to be; those found are added to it. */
export function completionOf(final: Node, active: ReadonlySet<Node>, over: Set<Node>): Completion {
  const operations: Operation[] = [];
  const { parent } = final;
  if (parent?.type === 'compound') operations.push(new StateDone(parent, final));
  let above = parent?.type === 'parallel' ? parent : parent?.parent;
  let last = above ?? final;
  while (above?.type === 'parallel' && !over.has(above) && isOver(active, above)) {
    over.add(above);
    operations.push(new StateDone(above, undefined));
    last = above;
    above = above.parent;
  }
  if (above !== undefined) return { operations, isLast: false };
  return { operations: [...operations, new ChartDone(final.machine.root, last)], isLast: true };
}

/** A state is over: raises the event that says so, with the output of the final state below it. */
class StateDone implements Operation {
  readonly #type: string;
  readonly #final: Node | undefined;

  constructor(state: Node, final: Node | undefined) {
    this.#type = doneType(state);
    this.#final = final;
  }

  run(run: Run): void {
    const output: unknown = this.#final?.output;
    run.queue.push({ type: this.#type, output: outputOf(output, run, run.event) });
  }
}

/** The chart is over, with the output of its root; `last` is the state whose end was its end. */
class ChartDone implements Operation {
  readonly #root: Node;
  readonly #last: Node;

  constructor(root: Node, last: Node) {
    this.#root = root;
    this.#last = last;
  }

  run(run: Run): void {
    const { output } = this.#root;
    const last: unknown = this.#last.parent === undefined ? undefined : this.#last.output;
    if (output === undefined) run.complete(undefined);
    else {
      const done = { type: doneType(this.#last), output: outputOf(last, run, run.event) };
      run.complete(outputOf(output, run, done));
    }
  }
}

function doneType({ id }: Node): string {
  return `xstate.done.state.${id}`;
}

function outputOf(output: unknown, { context, scope }: Run, event: AnyEventObject): unknown {
  return typeof output === 'function' ? output({ context, event, self: scope.self }) : output;
}
