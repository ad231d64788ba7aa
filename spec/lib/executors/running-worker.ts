import { systemClock } from '../../../lib/core/clock.js';
import type { SettledFrame, TaskBatch, WorkerFrame } from '../../../lib/core/frame.js';
import { encode } from '../../../lib/core/value.js';
import type { Executor, WorkerLink, WorkerSpec } from '../../../lib/executors/contract.js';
import { InlineExecutor } from '../../../lib/executors/inline.js';
import { ProcessExecutor } from '../../../lib/executors/process.js';
import { RayExecutor } from '../../../lib/executors/ray.js';
import { ThreadExecutor } from '../../../lib/executors/thread.js';
import { loadAgents } from '../../../lib/host/agents-module.js';
import { WorkerHost } from '../../../lib/host/worker-host.js';

const agents = new URL('../../scenarios/agents.js', import.meta.url).href;

/** Every executor, each as a coalition uses it. */
export const executors: readonly Executor[] = [
  new InlineExecutor(async (spec, send) => {
    return new WorkerHost({ spec, agents: await loadAgents(spec.agents ?? ''), clock: systemClock, send });
  }),
  new ThreadExecutor(),
  new ProcessExecutor(),
  new RayExecutor({ startMs: 30_000 }),
];

/** A worker started by hand, and what it said. */
export class RunningWorker {
  readonly link: WorkerLink;
  readonly heard: WorkerFrame[];
  readonly #wake: { look: () => void };

  private constructor(link: WorkerLink, heard: WorkerFrame[], wake: { look: () => void }) {
    this.link = link;
    this.heard = heard;
    this.#wake = wake;
  }

  static async start(executor: Executor, spec: Partial<WorkerSpec> = {}): Promise<RunningWorker> {
    const heard: WorkerFrame[] = [];
    const wake = { look: () => {} };
    const whole: WorkerSpec = {
      id: 'worker-1',
      coalition: 'specs',
      agents,
      credit: 8,
      concurrency: 1,
      payloadBytesMax: 2 ** 20,
      onceKeysMax: 3,
      epoch: 3,
      ...spec,
    };
    const link = await executor.start(whole, {
      onFrame(frame) {
        heard.push(frame);
        wake.look();
      },
    });
    return new RunningWorker(link, heard, wake);
  }

  /** Resolves once such a frame has come; rejects when the worker is gone without it. */
  async hears(isIt: (frame: WorkerFrame) => boolean): Promise<WorkerFrame> {
    const heard = new Promise<WorkerFrame>((resolve) => {
      this.#wake.look = () => {
        const frame = this.heard.find(isIt);
        if (frame !== undefined) resolve(frame);
      };
      this.#wake.look();
    });
    const frame = await Promise.race([heard, this.link.exited]);
    if ('type' in frame) return frame;
    throw new Error(`The worker is gone: ${frame.reason}`);
  }

  ready(): Promise<WorkerFrame> {
    return this.hears(({ type }) => type === 'ready');
  }

  async settled(batch: number): Promise<SettledFrame> {
    const frame = await this.hears((heard) => heard.type === 'settled' && heard.batch === batch);
    if (frame.type !== 'settled') throw new Error('not reached: it was looked for by its type');
    return frame;
  }
}

/** A batch of tasks for one agent. */
export function batchOf(batch: number, agent: string, payloads: readonly unknown[]): TaskBatch {
  return {
    type: 'batch',
    batch,
    ids: payloads.map((_, at) => `task-${batch}-${at}`),
    agents: payloads.map(() => agent),
    attempts: payloads.map(() => 1),
    payloads: payloads.map((payload) => encode(payload)),
    extras: [],
  };
}
