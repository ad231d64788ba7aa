import { ConclaveError } from './errors.js';

/** What is said of a frame that is none: `what` came. */
export function malformedFrame(what: string, cause?: unknown): ConclaveError {
  return new ConclaveError(
    'MalformedFrame',
    `What came is no frame of a worker: ${what.replace(/\.$/, '')}. Likely its agents write to the channel of their ` +
      'worker (file descriptor 3, or parentPort), or another version of Conclave runs there.',
    { cause },
  );
}
