import { expect } from 'chai';
import type { HostFrame, SettledFrame } from '../../../../lib/core/frame.js';
import type { SchedulingPolicy } from '../../../../lib/scheduling/contract.js';
import { boom, FakeLink, settledFrame } from '../fakes.js';
import { Bench, plan } from './dispatcher-bench.js';

/** Where the agents of a played coalition stand: at most MAX begin in PERIOD_MS, at most SEATS run at once. */
const MAX = 2;
const PERIOD_MS = 50;
const SEATS = 2;

interface Held {
  readonly batch: number;
  readonly at: number;
  readonly seq: number;
  readonly agent: string;
}

/** A worker true to life: begins in order, some at once, and hears what it is told when it gets to it. */
class PlayedWorker extends FakeLink {
  readonly id: string;
  readonly queue: Held[] = [];
  readonly running: Held[] = [];
  #heard = 0;
  readonly #team: PlayedWorkers;

  constructor(id: string, team: PlayedWorkers) {
    super();
    this.id = id;
    this.#team = team;
  }

  /** Everything that it was sent and has not settled or given back, as far as the sender can know. */
  get open(): readonly Held[] {
    const unheard = this.sent.slice(this.#heard).flatMap(tasksOf);
    return [...this.running, ...this.queue, ...unheard];
  }

  override send(frame: HostFrame): void {
    this.#team.sending(frame);
    super.send(frame);
  }

  /** Reads batches, and with `all` whatever else it was told. */
  hear(all: boolean): void {
    for (let frame = this.sent[this.#heard]; frame !== undefined; frame = this.sent[this.#heard]) {
      if (frame.type !== 'batch' && !all) break;
      this.#heard += 1;
      this.queue.push(...tasksOf(frame));
      if (frame.type === 'recall') this.#giveBack(frame.batch, frame.at);
      if (frame.type === 'cancel') this.#dismiss(frame.batch, frame.at);
    }
    this.#begin();
  }

  /** Ends tasks that run. */
  end(outcomes: readonly boolean[]): void {
    for (const isWell of outcomes) {
      const task = this.running.shift();
      if (task === undefined) return;
      this.#report(settledFrame(task.batch, isWell ? [task.at] : [], isWell ? [] : [failure(task)]));
      this.#begin();
    }
  }

  #begin(): void {
    while (this.running.length < this.#team.concurrency) {
      const task = this.queue.shift();
      if (task === undefined) return;
      this.running.push(task);
      if (task.agent === 'slow') this.#team.bench.dispatcher.began(this.id, task.batch, task.at);
    }
  }

  #giveBack(batch: number, at: readonly number[]): void {
    const given = this.#takeQueued(batch, at);
    const frame = { type: 'returned', batch, at: given.map((task) => task.at), credit: 0 } as const;
    this.#team.bench.dispatcher.takeBack(this.id, frame);
  }

  #dismiss(batch: number, at: readonly number[]): void {
    for (const task of this.#takeQueued(batch, at)) this.#report(settledFrame(batch, [], [failure(task)]));
  }

  #takeQueued(batch: number, at: readonly number[]): Held[] {
    const isMeant = (task: Held) => task.batch === batch && at.includes(task.at);
    const taken = this.queue.filter(isMeant);
    this.queue.splice(0, Infinity, ...this.queue.filter((task) => !isMeant(task)));
    return taken;
  }

  #report(frame: SettledFrame): void {
    this.#team.bench.dispatcher.settle(this.id, frame);
  }
}

/** The workers of a dispatcher, played, and what must hold of everything they are sent. */
export class PlayedWorkers {
  readonly bench: Bench;
  readonly concurrency: number;
  /** Tasks of which nobody waits for an answer any more, though they had none. */
  readonly cancelled = new Set<number>();
  /** In flight when a worker died: these must run alone first. */
  readonly #tainted = new Set<number>();
  readonly #starts: number[] = [];
  #named = 0;
  published = 0;

  constructor(policy: SchedulingPolicy, concurrency: number) {
    this.concurrency = concurrency;
    const plans = new Map([
      ['agent', plan()],
      ['limited', plan({ limit: { max: MAX, periodMs: PERIOD_MS } })],
      ['narrow', plan({ concurrency: SEATS })],
      ['slow', plan({ timeoutMs: 40 })],
    ]);
    this.bench = new Bench({ abortGraceMs: 30, gatedTasksMax: 6 }, { policy, concurrency, plans });
  }

  get workers(): PlayedWorker[] {
    return [...this.bench.links.values()].filter((link) => link instanceof PlayedWorker);
  }

  join(): void {
    this.#named += 1;
    const id = `w${this.#named}`;
    this.bench.join(id, new PlayedWorker(id, this));
  }

  async publish(
    count: number,
    agent: string,
    orderingKey: string | undefined,
    priority: number,
  ): Promise<void> {
    await this.bench.publish(this.published + 1, this.published + count, { agent, orderingKey, priority });
    this.published += count;
  }

  async die(of: number): Promise<void> {
    const worker = this.#worker(of);
    if (worker === undefined) return;
    for (const { seq } of worker.open) this.#tainted.add(seq);
    await this.bench.die(worker.id);
  }

  async hear(of: number, all: boolean): Promise<void> {
    this.#worker(of)?.hear(all);
    await this.bench.clock.settle();
  }

  async end(of: number, outcomes: readonly boolean[]): Promise<void> {
    this.#worker(of)?.hear(false);
    this.#worker(of)?.end(outcomes);
    await this.bench.clock.settle();
  }

  async cancel(seqs: readonly number[]): Promise<void> {
    const { bench } = this;
    const open = seqs.filter((seq) => seq <= this.published && !bench.answered.includes(seq));
    for (const seq of open) {
      this.cancelled.add(seq);
      bench.unwanted.add(seq);
    }
    bench.dispatcher.ownTasks.cancel(new Set(open), 'spec');
    await bench.clock.settle();
  }

  /** Called as a frame leaves the dispatcher: its bounds hold at this very moment. */
  sending(frame: HostFrame): void {
    const tasks = tasksOf(frame);
    const nowMs = this.bench.clock.nowMs();
    const open = this.workers.flatMap((worker) => worker.open);
    for (const { seq, agent } of tasks) {
      expect(
        open.map((one) => one.seq),
        `task ${seq} is on two workers`,
      ).not.to.include(seq);
      this.#tainted.delete(seq);
      if (agent === 'limited') this.#starts.push(nowMs);
    }
    const recent = this.#starts.filter((start) => start > nowMs - PERIOD_MS);
    expect(recent.length, `starts in ${PERIOD_MS} ms`).to.be.at.most(MAX);
    const seated = [...open, ...tasks].filter(({ agent }) => agent === 'narrow');
    expect(seated.length, 'at once').to.be.at.most(SEATS);
  }

  /** Nobody is idle while a task waits that anybody may take: of plain tasks, and none under suspicion. */
  expectConserved(): void {
    const open = this.workers.map((worker) => worker.open.length);
    const waiting = this.bench.dispatcher.held - open.reduce((sum, count) => sum + count, 0);
    if (waiting > 0 && this.#tainted.size === 0 && open.length > 0)
      expect(Math.min(...open), `${waiting} wait`).to.be.above(0);
  }

  /** Everybody works on until nothing is left. */
  async finish(): Promise<void> {
    if (this.workers.length === 0) this.join();
    for (let round = 0; round < 3_000 && (await this.bench.depth()) > 0; round += 1) {
      await this.bench.fetch();
      for (let of = 0; of < this.workers.length; of += 1) {
        await this.hear(of, true);
        await this.end(of, Array(300).fill(true));
      }
      if (this.workers.length === 0) this.join();
      await this.bench.clock.advance(20);
    }
  }

  #worker(of: number): PlayedWorker | undefined {
    const { workers } = this;
    return workers[of % Math.max(1, workers.length)];
  }
}

function tasksOf(frame: HostFrame): Held[] {
  if (frame.type !== 'batch') return [];
  const { batch, payloads, agents } = frame;
  return payloads.map((payload, at) => ({ batch, at, seq: Number(payload), agent: agents[at] ?? '' }));
}

function failure({ at }: Held) {
  return { at, error: boom() };
}
