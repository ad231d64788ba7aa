/** What of `process` the command line listens to: signals, and the end of whoever reads its output. */
export type SignalSource = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

/** Exit codes of a shell: 128 and the number of the signal. */
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

type StopSignal = keyof typeof exitCodes;

/** The wish of the person, or of the machine, that the command end. */
export interface StopRequest {
  readonly signal: AbortSignal;
  /** 130 after Ctrl-C, 143 after SIGTERM; undefined while nobody asked. */
  exitCode(): number | undefined;
  /** Stops listening; signals do again what they do by default. */
  release(): void;
  /** Asks for the end on account of something else than a signal. */
  abort(reason: unknown): void;
}

/**
 * Listens for Ctrl-C and SIGTERM. The first aborts the signal, so that the command drains; the second leaves at
 * once, whatever is under way: nothing that was accepted is lost by that, correctness never depends on draining.
 */
export function listenForStop(source: SignalSource, note: (text: string) => void): StopRequest {
  const controller = new AbortController();
  let first: StopSignal | undefined;
  const onSignal = (name: StopSignal) => {
    if (first !== undefined) source.exit(exitCodes[name]);
    first = name;
    note('Draining. Once more leaves at once.\n');
    controller.abort(name);
  };
  const onInterrupt = () => onSignal('SIGINT');
  const onTerminate = () => onSignal('SIGTERM');
  source.on('SIGINT', onInterrupt);
  source.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    exitCode: () => (first === undefined ? undefined : exitCodes[first]),
    release: () => {
      source.off('SIGINT', onInterrupt);
      source.off('SIGTERM', onTerminate);
    },
    abort: (reason) => controller.abort(reason),
  };
}
