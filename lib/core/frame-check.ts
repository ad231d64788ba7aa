import { parseClaimDraft } from './claim-draft.js';
import { messageOf } from './errors.js';
import type { WorkerFrame } from './frame.js';
import { decodeWorkerFrame } from './frame-codec.js';
import { malformedFrame } from './malformed-frame.js';
import { type Fields, list, record, text, wrong } from './parse.js';

/**
 * The frame that a worker sent, each field looked at: user code shares the worker's process, and may have written to
 * its channel, or broken what writes there.
 * @throws `MalformedFrame` saying what came and what was expected.
 */
export function parseWorkerFrame(said: unknown): WorkerFrame {
  try {
    const frame: unknown = decodeWorkerFrame(text(said, 'a frame'));
    const { type, ...fields } = record(frame, 'a frame');
    const check = typeof type === 'string' && Object.hasOwn(CHECKS, type) ? CHECKS[type] : undefined;
    if (check === undefined) throw wrong('the type of a frame', `one of ${TYPES}`, type);
    check(fields);
    return frame as WorkerFrame;
  } catch (error) {
    throw malformedFrame(messageOf(error), error);
  }
}

type Check = (fields: Fields) => void;

const place: Check = (fields) => {
  whole(fields, 'batch', 1);
  whole(fields, 'at', 0);
};

const outcomes: Check = (fields) => {
  whole(fields, 'batch', 1);
  whole(fields, 'credit', 0);
  checkTime(fields.serviceMs);
  for (const failure of entries(fields, 'failures')) {
    whole(failure, 'at', 0);
    checkError(failure.error, 'failures.error');
  }
  for (const entry of entries(fields, 'claims')) {
    whole(entry, 'at', 0);
    for (const claim of entries(entry, 'claims')) parseClaimDraft(claim);
  }
};

const CHECKS: Readonly<Record<string, Check>> = {
  ready: (fields) => whole(fields, 'credit', 0),
  settled: (fields) => {
    outcomes(fields);
    const at = positions(fields);
    const values = list(fields.values, 'values');
    if (values.length !== at.length) throw wrong('values', `${at.length}, one a position`, values.length);
    for (const value of values) checkEncoded(value, 'a value');
  },
  chunkSettled: (fields) => {
    outcomes(fields);
    checkSpans(list(fields.spans, 'spans'));
    text(fields.values, 'values'); // read by whoever takes the answers (`AnswerColumn`), before the worker is believed
  },
  began: place,
  returned: (fields) => {
    whole(fields, 'batch', 1);
    whole(fields, 'credit', 0);
    positions(fields);
  },
  record: (fields) => {
    place(fields);
    text(fields.key, 'key');
    checkEncoded(fields.outcome, 'outcome');
  },
  progress: (fields) => {
    place(fields);
    const { fraction } = fields;
    if (typeof fraction !== 'number' || !(fraction >= 0 && fraction <= 1))
      throw wrong('fraction', 'from 0 to 1', fraction);
  },
  failed: (fields) => checkError(fields.error, 'error'),
};

const TYPES = Object.keys(CHECKS).join(', ');

/* No path is put together for what is right: a frame has hundreds of positions. */

function whole(fields: Fields, name: string, least: number): void {
  if (!isWhole(fields[name], least)) throw wrong(name, `a whole number from ${least}`, fields[name]);
}

function isWhole(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= least;
}

function entries(fields: Fields, name: string): readonly Fields[] {
  return list(fields[name], name).map((entry) => record(entry, `an entry of ${name}`));
}

function positions({ at }: Fields): readonly unknown[] {
  const all = list(at, 'at');
  for (const one of all) if (!isWhole(one, 0)) throw wrong('at', 'whole numbers from 0', one);
  return all;
}

function checkTime(serviceMs: unknown): void {
  const isTime = serviceMs === undefined || (typeof serviceMs === 'number' && serviceMs >= 0);
  if (!isTime) throw wrong('serviceMs', 'a number of milliseconds', serviceMs);
}

function checkSpans(spans: readonly unknown[]): void {
  let end = 0;
  for (const span of spans) {
    const [from, count] = list(span, 'a span');
    if (!isWhole(from, end) || !isWhole(count, 1))
      throw wrong('spans', 'increasing, of 1 or more each', span);
    end = from + count;
  }
}

function checkEncoded(value: unknown, what: string): void {
  JSON.parse(text(value, what)); // it throws: a broken value would fail whoever asks for it, long after its task
}

function checkError(error: unknown, what: string): void {
  const { name, message, stack, code, cause, errors } = record(error, what);
  text(name, `${what}.name`);
  text(message, `${what}.message`);
  if (stack !== undefined) text(stack, `${what}.stack`);
  if (code !== undefined) text(code, `${what}.code`);
  if (cause !== undefined) checkError(cause, `${what}.cause`);
  if (errors !== undefined)
    for (const one of list(errors, `${what}.errors`)) checkError(one, `${what}.errors`);
}
