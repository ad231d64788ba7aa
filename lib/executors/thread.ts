import type { Executor, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';

/**
 * Runs each worker in a thread of this process: cheaper than a process, and a native crash in one takes all of
 * them along. What agents print goes to stderr.
 */
export class ThreadExecutor implements Executor {
  /** The word for it among the options of a coalition. */
  readonly isolation = 'thread';

  /** Starts a thread; resolves once it runs, before it has loaded its agents. */
  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    const { startThread } = await import('./thread-worker.js'); // importing the package starts nothing, and loads none of it
    return startThread(spec, listener);
  }
}
