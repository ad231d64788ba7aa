/** A stream that text is written to; whoever reads it may leave. */
export interface Output {
  readonly write: (text: string) => void;
  /** What it could not write; undefined while all is well or when the reader merely left. */
  failure(): Error | undefined;
  isClosed(): boolean;
}

/**
 * Writes to a stream of the process until its reader leaves (`| head -1`). That is no error: `onClosed` hears of it
 * once, and what is written later goes nowhere. Any other failure, as of a full disk, is kept to be reported.
 */
export function openOutput(stream: NodeJS.WriteStream, onClosed: () => void): Output {
  let closed = false;
  let failure: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (closed) return;
    closed = true;
    if (error.code !== 'EPIPE') failure = error;
    onClosed();
  });
  return {
    write: (text) => {
      if (!closed) stream.write(text);
    },
    failure: () => failure,
    isClosed: () => closed,
  };
}
