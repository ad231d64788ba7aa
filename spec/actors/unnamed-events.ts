import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** Every `state/event` that neither the state nor one above it names: a decision that nobody has taken. */
export function unnamedEvents(chart: AnyStateMachine, events: readonly string[]): string[] {
  return leaves(chart.root)
    .filter((node) => node.type !== 'final')
    .flatMap((node) => events.filter((event) => !isNamed(node, event)).map((event) => `${node.id}/${event}`));
}

function leaves(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states);
  return children.length === 0 ? [node] : children.flatMap(leaves);
}

function isNamed(node: AnyStateNode | undefined, event: string): boolean {
  if (node === undefined) return false;
  const on: Readonly<Record<string, unknown>> = node.config.on ?? {};
  return event in on || isNamed(node.parent, event);
}
