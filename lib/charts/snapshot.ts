import { type AnyMachineSnapshot, createMachine, type StateValue } from 'xstate';
import type { Node } from './nodes.js';

/** The part of a snapshot that is the same whenever the same states are active: shared by all such snapshots. */
export interface Place {
  readonly nodes: Node[];
  readonly value: StateValue;
  readonly tags: Set<string>;
}

/** A snapshot of xstate's, its four types by status taken as one. */
export type ChartSnapshot = Pick<AnyMachineSnapshot, keyof AnyMachineSnapshot>;

/** What of a snapshot is its own. */
export type Contents = Pick<
  ChartSnapshot,
  'status' | 'output' | 'error' | 'machine' | 'context' | 'children' | 'historyValue'
>;

/** The methods of xstate's snapshots: every snapshot has the same ones. */
const { matches, hasTag, can, getMeta, toJSON } = createMachine({}).resolveState({ value: {}, context: {} });

/** A snapshot as xstate makes them: its members in its order, its methods. */
export function makeSnapshot(
  contents: Contents,
  { nodes, value, tags }: Place,
  historyValue: ChartSnapshot['historyValue'],
): ChartSnapshot {
  return {
    status: contents.status,
    output: contents.output,
    error: contents.error,
    machine: contents.machine,
    context: contents.context,
    _nodes: nodes,
    value,
    tags,
    children: contents.children,
    historyValue,
    matches,
    hasTag,
    can,
    getMeta,
    toJSON,
  };
}
