import type { SchedulingPolicy, TaskView, WorkerView } from '../../../lib/scheduling/contract.js';
import type { ModelTask, PoolScript } from './pool-scripts.js';

/** What happened, as far as a law asks for it. Workers are told apart by life: `id#life`. */
export interface PoolRun {
  readonly placed: {
    readonly seq: number;
    readonly worker: string | undefined;
    /** Who was there, and of them who was below its credit. */
    readonly present: readonly string[];
    readonly open: readonly string[];
  }[];
  /** Out of the common line, from among those that waited in it. */
  readonly served: { readonly seq: number; readonly waiting: readonly number[] }[];
  readonly begun: number[];
  /** Were running when their worker died. */
  readonly cutOff: number[];
  readonly finished: { readonly seq: number; readonly worker: string; readonly atMs: number }[];
  readonly thefts: { readonly taken: readonly number[]; readonly isLegal: boolean }[];
  /** When everything had been handed out: who had room and an empty line, and how many tasks it might have had. */
  readonly rests: { readonly atMs: number; readonly idle: readonly string[]; readonly waiting: number }[];
}

interface ModelWorker {
  readonly id: string;
  readonly key: string;
  readonly line: number[];
  /** Sent; the first one runs. */
  readonly atHand: number[];
  isRunning: boolean;
  /** Stolen and under way. */
  incoming: number;
}

type ModelEvent =
  | { readonly type: 'arrive'; readonly seqs: readonly number[] }
  | { readonly type: 'join'; readonly id: string }
  | { readonly type: 'die'; readonly position: number; readonly isReplaced: boolean }
  | { readonly type: 'finish'; readonly worker: ModelWorker }
  | {
      readonly type: 'stolen';
      readonly thief: ModelWorker;
      readonly victim: ModelWorker;
      readonly taken: number[];
    };

/** Lets a policy run a pool through a script, to the end of the last task. It obeys: what the policy says is done, and noted. */
export function runPool(policy: SchedulingPolicy, script: PoolScript): PoolRun {
  const pool = new PoolModel(policy, script);
  pool.run();
  return pool.trace;
}

/**
 * A pool as the dispatcher runs it, as a discrete-event model: a line a worker and the common one on this side, up to
 * a window of tasks at hand on the worker's, one of them running.
 */
class PoolModel {
  readonly trace: PoolRun = {
    placed: [],
    served: [],
    begun: [],
    cutOff: [],
    finished: [],
    thefts: [],
    rests: [],
  };
  readonly #policy: SchedulingPolicy;
  readonly #script: PoolScript;
  readonly #agenda: { readonly atMs: number; readonly event: ModelEvent }[] = [];
  readonly #common: number[] = [];
  readonly #unplaced: number[] = [];
  #workers: ModelWorker[] = [];
  #state: unknown;
  #nowMs = 0;
  #lives = 0;

  constructor(policy: SchedulingPolicy, script: PoolScript) {
    this.#policy = policy;
    this.#script = script;
    this.#state = policy.initial;
    for (let number = 1; number <= script.workers; number += 1) this.#join(`worker-${number}`);
    script.joinsAtMs.forEach((atMs, at) => {
      this.#plan(atMs, { type: 'join', id: `late-${at}` });
    });
    for (const { atMs, ...death } of script.deaths) this.#plan(atMs, { type: 'die', ...death });
    const arrivals = new Map<number, number[]>();
    script.tasks.forEach(({ arrivesAtMs }, seq) => {
      arrivals.set(arrivesAtMs, [...(arrivals.get(arrivesAtMs) ?? []), seq]);
    });
    for (const [atMs, seqs] of arrivals) this.#plan(atMs, { type: 'arrive', seqs });
  }

  run(): void {
    for (let next = this.#agenda.shift(); next !== undefined; next = this.#agenda.shift()) {
      this.#nowMs = next.atMs;
      this.#happen(next.event);
      this.#handOut();
    }
  }

  /** In time order, FIFO among events of one instant. */
  #plan(atMs: number, event: ModelEvent): void {
    const before = this.#agenda.findLastIndex((planned) => planned.atMs <= atMs);
    this.#agenda.splice(before + 1, 0, { atMs, event });
  }

  #happen(event: ModelEvent): void {
    if (event.type === 'arrive') this.#place(event.seqs);
    else if (event.type === 'join') this.#join(event.id);
    else if (event.type === 'die') this.#die(event.position, event.isReplaced);
    else if (event.type === 'finish') this.#finish(event.worker);
    else this.#receiveStolen(event.thief, event.victim, event.taken);
  }

  #join(id: string): void {
    this.#lives += 1;
    const key = `${id}#${this.#lives}`;
    this.#workers.push({ id, key, line: [], atHand: [], isRunning: false, incoming: 0 });
    this.#place(this.#unplaced.splice(0));
  }

  #die(position: number, isReplaced: boolean): void {
    const worker = this.#workers[position % Math.max(1, this.#workers.length)];
    if (worker === undefined) return;
    this.#workers = this.#workers.filter((other) => other !== worker);
    if (worker.isRunning) this.trace.cutOff.push(...worker.atHand.slice(0, 1));
    this.#place([...worker.atHand, ...worker.line]);
    if (isReplaced || this.#workers.length === 0) this.#join(worker.id);
  }

  #finish(worker: ModelWorker): void {
    if (!this.#workers.includes(worker)) return; // it died over it
    const seq = worker.atHand.shift();
    worker.isRunning = false;
    if (seq !== undefined) this.trace.finished.push({ seq, worker: worker.key, atMs: this.#nowMs });
  }

  #place(seqs: readonly number[]): void {
    if (this.#workers.length === 0) this.#unplaced.push(...seqs);
    if (this.#workers.length === 0 || seqs.length === 0) return;
    const placement = this.#policy.place(this.#state, seqs.map(this.#taskView), this.#views());
    this.#state = placement.state;
    seqs.forEach((seq, at) => {
      const { credit } = this.#script;
      const present = this.#workers.map((worker) => worker.key);
      const open = this.#workers.filter((worker) => heldBy(worker) < credit).map((worker) => worker.key);
      const position = placement.workers[at];
      const worker = position === undefined ? undefined : this.#workers[position];
      this.trace.placed.push({ seq, worker: worker?.key, present, open });
      if (worker !== undefined) worker.line.push(seq);
      else if (position === undefined && at < placement.workers.length) this.#lineUp(seq);
    });
  }

  /** Into the common line: the larger rank first, FIFO among equals. */
  #lineUp(seq: number): void {
    const rankOf = (other: number) => this.#policy.rank?.(this.#taskView(other)) ?? 0;
    const goesBefore = (other: number) => {
      const ahead = rankOf(other) - rankOf(seq);
      return ahead > 0 || (ahead === 0 && other < seq);
    };
    this.#common.splice(this.#common.findLastIndex(goesBefore) + 1, 0, seq);
  }

  #handOut(): void {
    for (const worker of this.#workers) this.#fill(worker);
    for (const worker of this.#workers) {
      while (this.#isIdle(worker) && this.#steal(worker)) this.#fill(worker);
    }
    for (const worker of this.#workers) this.#begin(worker);
    const waiting = this.#workers.reduce((sum, worker) => sum + this.#stealable(worker), this.#common.length);
    const idle = this.#workers.filter((worker) => this.#isIdle(worker)).map((worker) => worker.key);
    this.trace.rests.push({ atMs: this.#nowMs, idle, waiting });
  }

  #fill(worker: ModelWorker): void {
    while (worker.atHand.length < this.#script.window) {
      const seq = worker.line.shift() ?? this.#serve();
      if (seq === undefined) return;
      worker.atHand.push(seq);
    }
  }

  #serve(): number | undefined {
    const seq = this.#common.shift();
    if (seq !== undefined) this.trace.served.push({ seq, waiting: [...this.#common] });
    return seq;
  }

  #begin(worker: ModelWorker): void {
    const [seq] = worker.atHand;
    if (worker.isRunning || seq === undefined) return;
    worker.isRunning = true;
    this.trace.begun.push(seq);
    this.#plan(this.#nowMs + this.#task(seq).durationMs, { type: 'finish', worker });
  }

  /** Whether anything came of it. */
  #steal(thief: ModelWorker): boolean {
    const theft = this.#policy.steal?.(this.#state, this.#workers.indexOf(thief), this.#views());
    if (theft === undefined) return false;
    this.#state = theft.state;
    const victim = this.#workers[theft.victim];
    const isLegal = victim !== undefined && victim !== thief && theft.count <= this.#stealable(victim);
    const taken = victim === undefined ? [] : this.#take(victim, theft.count);
    this.trace.thefts.push({ taken, isLegal: isLegal && taken.length > 0 });
    if (victim === undefined || taken.length === 0) return false;
    thief.incoming += taken.length;
    if (this.#script.stealMs === 0) this.#receiveStolen(thief, victim, taken);
    else this.#plan(this.#nowMs + this.#script.stealMs, { type: 'stolen', thief, victim, taken });
    return true;
  }

  /** The last ones of a line, in order; keyed ones too if the policy wants more than there are others. */
  #take(victim: ModelWorker, count: number): number[] {
    const isKeyed = (seq: number) => this.#task(seq).orderingKey !== undefined;
    const unkeyed = victim.line.filter((seq) => !isKeyed(seq)).slice(-count);
    const keyed = victim.line.filter(isKeyed).slice(0, Math.max(0, count - unkeyed.length));
    const taken = victim.line.filter((seq) => unkeyed.includes(seq) || keyed.includes(seq));
    if (this.#script.fault !== 'keeps-stolen') remove(victim.line, taken);
    return taken;
  }

  #receiveStolen(thief: ModelWorker, victim: ModelWorker, taken: readonly number[]): void {
    thief.incoming -= taken.length;
    if (this.#script.fault === 'keeps-stolen') remove(victim.line, taken);
    if (this.#workers.includes(thief)) thief.line.push(...taken);
    else if (this.#script.fault !== 'forgets-stolen') this.#place(taken);
  }

  #isIdle(worker: ModelWorker): boolean {
    return worker.line.length === 0 && worker.incoming === 0 && worker.atHand.length < this.#script.window;
  }

  #stealable(worker: ModelWorker): number {
    return worker.line.filter((seq) => this.#task(seq).orderingKey === undefined).length;
  }

  #views(): WorkerView[] {
    const { window, credit } = this.#script;
    return this.#workers.map((worker) => {
      return { id: worker.id, held: heldBy(worker), stealable: this.#stealable(worker), window, credit };
    });
  }

  readonly #taskView = (seq: number): TaskView => {
    const { priority, orderingKey, arrivesAtMs } = this.#task(seq);
    return { agent: 'a', priority, orderingKey, enqueuedAtMs: arrivesAtMs };
  };

  #task(seq: number): ModelTask {
    const task = this.#script.tasks[seq];
    if (task === undefined) throw new RangeError(`There is no task ${seq}.`);
    return task;
  }
}

function heldBy({ line, atHand, incoming }: ModelWorker): number {
  return line.length + atHand.length + incoming;
}

function remove(line: number[], taken: readonly number[]): void {
  line.splice(0, line.length, ...line.filter((seq) => !taken.includes(seq)));
}
