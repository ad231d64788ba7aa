import { agentChart } from '../../actors/agent.js';
import { workerChart } from '../../actors/worker.js';
import type { Clock } from '../core/clock.js';
import { Deque } from '../core/deque.js';
import type { ChunkFrame, HostFrame, SharedResult, TaskBatch, WorkerFrame } from '../core/frame.js';
import { decode } from '../core/value.js';
import type { WorkerSpec } from '../executors/contract.js';
import { createSystem, type SupervisorHandle } from '../system/system.js';
import type { AgentTable } from './agents-module.js';
import type { LoadedAgent } from './contract.js';
import type { Ended, Settled } from './held-tasks.js';
import { logicHandle } from './logic-handle.js';
import { StateCopy } from './state-copy.js';
import { TaskRunner } from './task-runner.js';
import type { RunnableAgent } from './task-try.js';

export interface WorkerHostOptions {
  readonly spec: WorkerSpec;
  readonly agents: AgentTable;
  readonly clock: Clock;
  readonly send: (frame: WorkerFrame) => void;
  /**
   * Undefined when all that was sent has left this thread's hands, otherwise a promise of that (default: it always
   * has).
   */
  readonly sent?: () => Promise<void> | undefined;
}

type ReturnedTasks = { readonly batch: number; readonly at: readonly number[] };

/** How long handlers that were aborted may go on to put things away, before the worker leaves. */
const PUT_AWAY_MS = 500;

/**
 * The worker's side of a link, wherever it runs: its chart and a chart for each agent decide, the task runner
 * works, and `send` carries what they say. It says `ready` at once.
 */
export class WorkerHost {
  /** Resolves when the worker has left: drained, stopped or abandoned. */
  readonly ended: Promise<void>;
  readonly #send: (frame: WorkerFrame) => void;
  readonly #system;
  readonly #worker;
  readonly #agents;
  readonly #runner: TaskRunner;
  readonly #state = new StateCopy();
  /* What the worker's chart has still to decide on, in the order of the events it was told by. */
  readonly #unsent = new Deque<{ readonly settled: readonly Settled[]; readonly serviceMs: number }>();
  readonly #returned = new Deque<ReturnedTasks>();
  #isStopping = false;
  #isAbandoned = false;

  constructor(options: WorkerHostOptions) {
    const { spec, agents, clock, send } = options;
    this.#send = send;
    this.#system = createSystem({ clock });
    this.#agents = new Map(
      [...agents.keys()].map((name) => [
        name,
        this.#system.spawn(agentChart, { id: `agent:${name}`, input: { name }, restart: 'transient' }),
      ]),
    );
    this.#worker = this.#system.spawn(this.#chart(), {
      id: spec.id,
      input: { id: spec.id, credit: spec.credit },
      restart: 'transient',
    });
    this.#runner = this.#createRunner(options);
    this.ended = this.#leave();
    send({ type: 'ready', credit: spec.credit });
  }

  receive(frame: HostFrame): void {
    switch (frame.type) {
      case 'batch':
      case 'chunk':
        this.#begin(frame);
        break;
      case 'state':
        if (frame.reset) this.#state.clear();
        this.#state.append(decode(frame.results) as SharedResult[]);
        break;
      case 'cancel':
        this.#runner.cancel(frame.batch, frame.at, frame.reason);
        break;
      case 'recall':
        this.#recall(frame.batch, frame.at);
        break;
      case 'recorded':
        this.#runner.recorded(frame.batch, frame.at, frame.key);
        break;
      case 'drain':
      case 'stop':
        this.#tell(frame.type);
        break;
    }
  }

  /** Told to stop it needs no telling to drain, and who has left no telling at all. */
  #tell(type: 'drain' | 'stop'): void {
    if (this.#isStopping) return;
    this.#isStopping = type === 'stop';
    for (const actor of [...this.#agents.values(), this.#worker])
      if (actor.getSnapshot().status === 'active') actor.send({ type });
  }

  /** Gives everything up without a word, as a crash would. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#runner.abort('The worker was killed.');
    this.#tell('stop');
  }

  #createRunner({ spec, agents, clock, send, sent }: WorkerHostOptions): TaskRunner {
    return new TaskRunner({
      agents: new Map([...agents].map(([name, agent]) => [name, runnable(agent, this.#system)])),
      concurrency: spec.concurrency,
      payloadBytesMax: spec.payloadBytesMax,
      onceKeysMax: spec.onceKeysMax,
      epoch: spec.epoch,
      state: this.#state,
      clock,
      listener: {
        settled: (settled, ended, serviceMs) => this.#settle(settled, ended, serviceMs),
        progress: (batch, at, fraction) => send({ type: 'progress', batch, at, fraction }),
        record: (batch, at, key, outcome) => send({ type: 'record', batch, at, key, outcome }),
        began: (batch, at) => {
          send({ type: 'began', batch, at });
          return sent?.();
        },
      },
    });
  }

  async #leave(): Promise<void> {
    await this.#worker.exited;
    if (!this.#isAbandoned) await this.#runner.quiet(PUT_AWAY_MS);
    await this.#system.stop();
  }

  /** The production shell of the worker chart. */
  #chart() {
    return workerChart.provide({
      actions: {
        report: (_, { credit }) => this.#report(credit),
        giveBack: (_, { credit }) => this.#giveBack(credit),
        abort: () => this.#runner.abort('The worker stops.'),
      },
    });
  }

  #begin(frame: TaskBatch | ChunkFrame): void {
    const counts = countsOf(frame);
    let sum = 0;
    for (const count of counts.values()) sum += count;
    if (sum === 0) return;
    this.#worker.send({ type: 'batch', count: sum });
    for (const [name, count] of counts) this.#agents.get(name)?.send({ type: 'begin', count });
    this.#runner.accept(frame);
  }

  #settle(settled: readonly Settled[], ended: ReadonlyMap<string, Ended>, serviceMs: number): void {
    this.#unsent.pushBack({ settled, serviceMs });
    let count = 0;
    for (const [name, part] of ended) {
      count += part.count;
      this.#agents.get(name)?.send({ type: 'end', count: part.count, failed: part.failed });
    }
    this.#worker.send({ type: 'settled', count });
  }

  #recall(batch: number, positions: readonly number[]): void {
    const { at, agents } = this.#runner.recall(batch, positions);
    for (const [name, count] of countByName(agents))
      this.#agents.get(name)?.send({ type: 'returned', count });
    this.#returned.pushBack({ batch, at });
    this.#worker.send({ type: 'returned', count: at.length });
  }

  #giveBack(credit: number): void {
    const returned = this.#returned.popFront();
    if (returned !== undefined) this.#send({ type: 'returned', ...returned, credit });
  }

  #report(credit: number): void {
    const { settled = [], serviceMs } = this.#unsent.popFront() ?? {};
    for (const part of settled) this.#send({ ...part, serviceMs, credit });
  }
}

/** A logic is called as a handler is. */
function runnable(agent: LoadedAgent, system: SupervisorHandle): RunnableAgent {
  const { name, input, timeoutMs } = agent;
  return {
    name,
    handle: agent.handle ?? logicHandle(system, agent.logic),
    ...(input !== undefined && { input }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

/** How many tasks of whom are to be run. */
function countsOf(frame: TaskBatch | ChunkFrame): ReadonlyMap<string, number> {
  if (frame.type === 'batch') return countByName(frame.agents);
  return new Map([[frame.agent, frame.count - frame.skip.length]]);
}

function countByName(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
