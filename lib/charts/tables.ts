import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { type Draft, draftOf, firstDraftOf } from './draft.js';
import type { Check } from './guard.js';
import { type Action, type Node, stateValueOf } from './nodes.js';
import { type Operation, operationOf } from './operation.js';
import { eventlessOf, firstOf, type Selector, selectorFor } from './selector.js';
import type { ChartSnapshot, Place } from './snapshot.js';
import { type HistoryValue, type Move, Transit, type Transition } from './transit.js';

/** Entries that the tables of a chart hold before they are thrown away and filled anew: some megabytes. */
const ENTRIES_MAX = 20_000;
/** What histories remember of a chart that has just begun. */
export const NO_HISTORY: HistoryValue = {};
/** Types of events known in each configuration; senders choose them. */
const TYPES_MAX = 256;

/**
 * What is known of a chart: its configurations, how they take events, and what then happens. Filled as actors come
 * by, so that only what is used costs anything; bounded, since parallel states have very many configurations.
 */
export class Tables {
  readonly machine: AnyStateMachine;
  readonly #byNodes = new Map<readonly Node[], Configuration>();
  readonly #byKey = new Map<string, Configuration>();
  readonly #histories = new Map<string, HistoryValue>();
  readonly #operations = new Map<Action, Operation>();
  readonly #rootNodes: Node[];
  #first: Plan | undefined;
  #entries = 0;

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.#rootNodes = [machine.root];
  }

  /** Whether it is time for new ones. */
  get isFull(): boolean {
    return this.#entries > ENTRIES_MAX;
  }

  /** What is known of these active states; their order counts. */
  at(nodes: Node[]): Configuration {
    return this.#byNodes.get(nodes) ?? this.#find(nodes);
  }

  /** What is known of a chart that has not begun. */
  get root(): Configuration {
    return this.at(this.#rootNodes);
  }

  /** The plan of the first microstep. */
  get first(): Plan {
    this.#first ??= this.#planFirst();
    return this.#first;
  }

  #planFirst(): Plan {
    const { root } = this.machine;
    const transit = new Transit(NO_HISTORY);
    return this.#planned(firstDraftOf(root, { active: [root], transit, compile: this.#compile }), []);
  }

  /** The plan of a microstep; what `transit` was asked for says on what it depends. */
  plan(transitions: readonly Transition[], active: readonly Node[], transit: Transit): Plan {
    const draft = draftOf(transitions, { active, transit, compile: this.#compile });
    const isEventless = transitions.every(({ eventType }) => eventType === '');
    return this.#planned(draft, isEventless ? draft.kept : transitions);
  }

  /** One object for each content that histories can have. */
  history(value: HistoryValue): HistoryValue {
    const key = Object.entries(value)
      .map(([id, nodes]) => `${id}=${keyOf(nodes)}`)
      .join(';');
    const known = this.#histories.get(key) ?? value;
    if (known === value) this.count();
    this.#histories.set(key, known);
    return known;
  }

  /** One more entry. */
  count(): void {
    this.#entries += 1;
  }

  #find(nodes: Node[]): Configuration {
    const key = keyOf(nodes);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = new Configuration(nodes, this);
    this.#byKey.set(key, made);
    this.#byNodes.set(nodes, made);
    this.count();
    return made;
  }

  #planned(draft: Draft<Move>, transitions: readonly Transition[]): Plan {
    this.count();
    return new Plan(transitions, draft, this);
  }

  readonly #compile = (action: Action): Operation => {
    const known = this.#operations.get(action) ?? operationOf(action, this.machine);
    this.#operations.set(action, known);
    return known;
  };
}

/** A microstep as it has been worked out. */
export class Plan {
  /** For the inspector. */
  readonly transitions: readonly Transition[];
  readonly operations: readonly Operation[];
  /** Where it leads; undefined where it stays. */
  readonly place: Configuration | undefined;
  readonly #memories: ReadonlyMap<string, Node[]> | undefined;
  readonly #after = new WeakMap<HistoryValue, HistoryValue>();
  readonly #tables: Tables;

  constructor(transitions: readonly Transition[], draft: Draft<Move>, tables: Tables) {
    this.transitions = transitions;
    this.operations = draft.operations;
    this.place = draft.nodes === undefined ? undefined : tables.at(draft.nodes);
    this.#memories = draft.memories;
    this.#tables = tables;
  }

  /** What the histories remember after it. */
  historyAfter(history: HistoryValue): HistoryValue {
    if (this.#memories === undefined) return history;
    const known = this.#after.get(history);
    if (known !== undefined) return known;
    const after = this.#tables.history({ ...history, ...Object.fromEntries(this.#memories) });
    this.#after.set(history, after);
    return after;
  }
}

/** A transition that may be taken in one configuration. */
class Option {
  readonly transition: Transition;
  readonly check: Check | undefined;
  readonly alone: Choice;

  constructor(transition: Transition, check: Check | undefined, place: Configuration) {
    this.transition = transition;
    this.check = check;
    this.alone = place.choice([this]);
  }
}

/** Transitions that are taken together in one configuration, more than one only in parallel states. */
export class Choice {
  readonly #options: readonly Option[];
  readonly #place: Configuration;
  readonly #longer = new Map<Option, Choice>();
  #plan: Plan | undefined;
  #byHistory: WeakMap<HistoryValue, Plan> | undefined;

  constructor(options: readonly Option[], place: Configuration) {
    this.#options = options;
    this.#place = place;
  }

  /** This, and another one as well. */
  with(option: Option): Choice {
    if (this.#options.includes(option)) return this;
    const known = this.#longer.get(option);
    if (known !== undefined) return known;
    const longer = this.#place.choice([...this.#options, option]);
    this.#longer.set(option, longer);
    return longer;
  }

  withAll(choice: Choice): Choice {
    let longer: Choice = this;
    for (const option of choice.#options) longer = longer.with(option);
    return longer;
  }

  /** What happens if the histories remember this. */
  planFor(history: HistoryValue): Plan {
    return this.#plan ?? this.#byHistory?.get(history) ?? this.#draft(history);
  }

  #draft(history: HistoryValue): Plan {
    const transit = new Transit(history);
    const transitions = this.#options.map(({ transition }) => transition);
    const known = this.#byHistory?.get(this.#place.history(history));
    const plan = known ?? this.#place.draft(transitions, transit);
    if (known === undefined && !transit.usesHistory) this.#plan = plan;
    else {
      this.#byHistory ??= new WeakMap();
      this.#byHistory.set(history, plan).set(this.#place.history(history), plan);
    }
    return plan;
  }
}

/** What is known of one set of active states. */
export class Configuration implements Place {
  readonly nodes: Node[];
  readonly value: Place['value'];
  readonly tags: Set<string>;
  readonly #tables: Tables;
  readonly #selectors = new Map<string, Selector<Option>>();
  readonly #eventless: readonly (readonly Option[])[];

  constructor(nodes: Node[], tables: Tables) {
    this.nodes = nodes;
    this.value = stateValueOf(tables.machine.root, nodes);
    this.tags = new Set(nodes.flatMap((node) => node.tags));
    this.#tables = tables;
    this.#eventless = eventlessOf(nodes, this.#nominate);
  }

  /** Whether anything may happen here without an event. */
  get isRestless(): boolean {
    return this.#eventless.length > 0;
  }

  /** The transitions that an event takes. */
  choose(snapshot: ChartSnapshot, event: AnyEventObject): Choice | undefined {
    const selector = this.#selectors.get(event.type) ?? this.#selectorFor(event.type);
    return select(selector, snapshot, event);
  }

  /** The transitions that need no event. */
  chooseEventless(snapshot: ChartSnapshot, event: AnyEventObject): Choice | undefined {
    let choice: Choice | undefined;
    for (const options of this.#eventless) {
      const option = firstOf(options, snapshot, event);
      if (option !== undefined) choice = choice?.with(option) ?? option.alone;
    }
    return choice;
  }

  /** A new choice among the transitions that may be taken here. */
  choice(options: readonly Option[]): Choice {
    this.#tables.count();
    return new Choice(options, this);
  }

  /** Works a microstep out that begins here. */
  draft(transitions: readonly Transition[], transit: Transit): Plan {
    return this.#tables.plan(transitions, this.nodes, transit);
  }

  /** The one object for what histories remember. */
  history(value: HistoryValue): HistoryValue {
    return this.#tables.history(value);
  }

  readonly #nominate = (transition: Transition, check: Check | undefined): Option =>
    new Option(transition, check, this);

  #selectorFor(type: string): Selector<Option> {
    const selector = selectorFor(this.#tables.machine.root, this.value, type, this.#nominate);
    if (this.#selectors.size >= TYPES_MAX) this.#selectors.clear();
    this.#selectors.set(type, selector);
    this.#tables.count();
    return selector;
  }
}

function select(
  selector: Selector<Option>,
  snapshot: ChartSnapshot,
  event: AnyEventObject,
): Choice | undefined {
  if (selector.regions.length === 0) return firstOf(selector.own, snapshot, event)?.alone;
  let choice: Choice | undefined;
  for (const region of selector.regions) {
    const chosen = select(region, snapshot, event);
    if (chosen !== undefined) choice = choice?.withAll(chosen) ?? chosen;
  }
  return choice ?? firstOf(selector.own, snapshot, event)?.alone;
}

function keyOf(nodes: readonly Node[]): string {
  return nodes.map(({ order }) => order).join();
}
