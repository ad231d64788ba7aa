/** What a command is given instead of `process`: where its words go, and the wish to end. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: (text: string) => void;
  /** Everything that is no result: progress, notes, errors. */
  readonly stderr: (text: string) => void;
  /** Whether a person watches `stderr`: a progress bar makes sense there alone. */
  readonly isTerminal: boolean;
  /** Columns of that terminal now. */
  readonly columns: () => number;
  /** Aborts on the first Ctrl-C or SIGTERM, and when nobody reads `stdout` any more: stop taking on work and drain. */
  readonly signal: AbortSignal;
  /** Says on `stderr`, in one line, what went wrong although the command ran to its end: it exits 1. */
  readonly fail: (line: string) => void;
}

/** Prints a result: with `--json` as one line of JSON, otherwise in words. */
export function printResult(io: Io, json: boolean | undefined, result: unknown, words: () => string): void {
  io.stdout(json === true ? `${JSON.stringify(result)}\n` : `${words()}\n`);
}

/** Folds text into one line, with the control characters that could steer a terminal taken out. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
}
