import type { Executor, WorkerLink, WorkerListener, WorkerSpec } from './contract.js';

/**
 * Runs each worker in a process of its own: a native crash or a full heap takes nobody along. What agents print
 * goes to this process's stderr, so that its stdout stays the caller's.
 */
export class ProcessExecutor implements Executor {
  /** The word for it among the options of a coalition. */
  readonly isolation = 'process';

  /** Starts a process; resolves once it runs, before it has loaded its agents. */
  async start(spec: WorkerSpec, listener: WorkerListener): Promise<WorkerLink> {
    const { startProcess } = await import('./process-worker.js'); // importing the package starts nothing, and loads none of it
    return startProcess(spec, listener);
  }
}
