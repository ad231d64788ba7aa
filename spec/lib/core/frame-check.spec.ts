import { expect } from 'chai';
import fc from 'fast-check';
import { isConclaveError } from '../../../lib/core/errors.js';
import type { WorkerFrame } from '../../../lib/core/frame.js';
import { parseWorkerFrame } from '../../../lib/core/frame-check.js';
import { encodeFrame } from '../../../lib/core/frame-codec.js';
import { type Fields, isFields, record } from '../../../lib/core/parse.js';
import { encode } from '../../../lib/core/value.js';

const error = { name: 'Error', message: 'm', stack: 's', code: 'c', cause: { name: 'E', message: 'x' } };
const failures = [{ at: 2, error: { ...error, errors: [{ name: 'E', message: 'y' }] } }];
const sources = [{ file: 'f', line: 1, quote: 'q' }];
const claims = [{ at: 0, claims: [{ text: 't', sources, verdict: 'v' }] }];
const settled = { batch: 1, failures, claims, credit: 3 };

/** One of each type, with everything that such a frame can hold. */
const frames: { readonly [Type in WorkerFrame['type']]: WorkerFrame & { readonly type: Type } } = {
  ready: { type: 'ready', credit: 256 },
  settled: { type: 'settled', at: [0, 1], values: [encode({ n: 1 }), encode(undefined)], ...settled },
  chunkSettled: {
    type: 'chunkSettled',
    spans: [
      [0, 1],
      [3, 2],
    ],
    values: encode([1, 2, 3]),
    ...settled,
  },
  began: { type: 'began', batch: 1, at: 0 },
  returned: { type: 'returned', batch: 1, at: [0, 2], credit: 1 },
  record: { type: 'record', batch: 1, at: 0, key: 'k', outcome: encode('v') },
  progress: { type: 'progress', batch: 1, at: 0, fraction: 0.5 },
  failed: { type: 'failed', error },
};
const frame = fc.constantFrom(...Object.values(frames));

/** Every place in a value, as the keys that lead there. */
function places(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (!isFields(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

/** The value with another one at that place, or without it. */
function replaced(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined || !isFields(value)) return other;
  const inner = replaced(value[key], rest, other);
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === key ? inner : item));
  const fields = Object.entries(value).map(([name, item]) => [name, name === key ? inner : item]);
  return Object.fromEntries(fields.filter(([, item]) => item !== undefined));
}

function refusalOf(said: unknown): string | undefined {
  try {
    parseWorkerFrame(said);
    return undefined;
  } catch (thrown) {
    if (isConclaveError(thrown, 'MalformedFrame')) return thrown.message;
    throw thrown;
  }
}

const wrongFor: readonly unknown[] = ['x', -1, 1.5, 1e300, null, true, [], [[]], {}, { x: 1 }];
const kind = (value: unknown) => (Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value);

/** Encoded text is what it is; what stands in its place must be no text at all. */
const lines = ['values', 'outcome'];

describe('the frames of a worker', () => {
  it('are taken as they were sent', () => {
    for (const one of Object.values(frames)) expect(parseWorkerFrame(encodeFrame(one))).to.deep.equal(one);
  });

  it('are refused with anything of another type at any place', () => {
    fc.assert(
      fc.property(frame, fc.nat(), fc.constantFrom(...wrongFor), (sent, nth, other) => {
        const all = places(sent).filter(([field]) => field === undefined || !lines.includes(field));
        const path = all[nth % all.length] ?? [];
        const was = path.reduce<unknown>((value, key) => (isFields(value) ? value[key] : undefined), sent);
        fc.pre(kind(was) !== kind(other));
        const broken = JSON.stringify(replaced(headOf(sent), path, other));
        expect(refusalOf([broken, ...linesOf(sent)].join('\n')), broken).to.include('no frame of a worker');
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused without any of the fields that they must have', () => {
    for (const sent of Object.values(frames))
      for (const field of Object.keys(headOf(sent))) {
        const text = [JSON.stringify(replaced(headOf(sent), [field], undefined)), ...linesOf(sent)].join(
          '\n',
        );
        expect(refusalOf(text), text).to.be.a('string');
      }
  });

  it('are refused with numbers that no place can have', () => {
    const { began, returned, settled: answered, chunkSettled, progress, ready } = frames;
    const wrong: readonly WorkerFrame[] = [
      { ...began, batch: 0 },
      { ...began, at: -1 },
      { ...ready, credit: 0.5 },
      { ...returned, at: [0, -1] },
      { ...returned, at: [2 ** 60] },
      { ...answered, at: [0] },
      { ...answered, at: [0, 1, 2] },
      { ...progress, fraction: 1.5 },
      {
        ...chunkSettled,
        spans: [
          [3, 2],
          [0, 1],
        ],
      },
      {
        ...chunkSettled,
        spans: [
          [0, 2],
          [1, 1],
        ],
      },
      { ...chunkSettled, spans: [[0, 0]] },
    ];
    for (const one of wrong) expect(refusalOf(encodeFrame(one)), JSON.stringify(one)).to.be.a('string');
  });

  it('are refused with a time that is none', () => {
    for (const serviceMs of [-1, '1', null, {}])
      expect(
        refusalOf(encodeFrame({ ...frames.chunkSettled, serviceMs } as never)),
        String(serviceMs),
      ).to.be.a('string');
    expect(refusalOf(encodeFrame({ ...frames.chunkSettled, serviceMs: 0.5 }))).to.equal(undefined);
  });

  it('are refused with a value that is no JSON text', () => {
    for (const value of ['', '{', '1 2', '\u0000', '{"n":1}x']) {
      const text = `${JSON.stringify(headOf(frames.settled))}\n1\n${value}`;
      expect(refusalOf(text), value).to.be.a('string');
    }
  });

  it('are refused, and nothing else is thrown, whatever came in their place', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.anything(), fc.json(), nested);
    fc.assert(fc.property(anything, (said) => typeof refusalOf(said) === 'string'));
  });
});

/** What one can make of a few letters of a frame: an error whose causes have no end, say. */
const nested = fc.constantFrom(
  `{"type":"failed","error":${'{"name":"a","message":"b","cause":'.repeat(20_000)}1${'}'.repeat(20_001)}`,
  '{"type":"__proto__"}',
  '{"type":"toString"}',
  '{"type":"ready","credit":1',
  'null',
);

function headOf(sent: WorkerFrame): Fields {
  return record(JSON.parse(encodeFrame(sent).split('\n')[0] ?? ''), 'a head');
}

function linesOf(sent: WorkerFrame): readonly string[] {
  return encodeFrame(sent).split('\n').slice(1);
}
