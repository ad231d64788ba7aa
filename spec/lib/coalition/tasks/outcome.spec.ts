import { expect } from 'chai';
import fc from 'fast-check';
import { decodeOutcome, encodeOutcome } from '../../../../lib/coalition/tasks/outcome.js';
import { ConclaveError } from '../../../../lib/core/errors.js';
import { decode, type Encoded, encode } from '../../../../lib/core/value.js';

const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('an outcome as text', () => {
  it('is the same outcome again, whatever the value and the name', () => {
    const values = fc.oneof(fc.jsonValue(), fc.uint8Array(), fc.constant(undefined));
    const check = (number: number, agent: string, value: unknown) => {
      const outcome = decodeOutcome(
        encodeOutcome({ seq: number, agent, state: 'completed', value: encode(value) }),
      );
      expect(outcome).to.include({ seq: number, agent, state: 'completed' });
      expect(outcome.state === 'completed' && encode(decode(outcome.value))).to.equal(encode(value));
    };
    fc.assert(fc.property(seq, fc.string(), values, check));
  });

  it('keeps of an error its code, its words, its stack and its cause', () => {
    const cause = new TypeError('no number');
    const error = new ConclaveError('HandlerFailed', 'failed in\n5 attempts', { cause });
    const outcome = decodeOutcome(encodeOutcome({ seq: 7, agent: 'a', state: 'failed', error }));
    if (outcome.state !== 'failed') throw new Error('it failed');
    const { name, code, message, stack } = error;
    expect(outcome.error).to.be.instanceOf(ConclaveError).and.to.include({ name, code, message, stack });
    expect(outcome.error.cause).to.include({ name: 'TypeError', message: 'no number' });
  });

  it('makes of a code that no task can fail with the one that says least', () => {
    const error = new ConclaveError('QueueFull', 'what?');
    const outcome = decodeOutcome(encodeOutcome({ seq: 1, agent: 'a', state: 'failed', error }));
    expect(outcome.state === 'failed' && outcome.error.code).to.equal('HandlerFailed');
  });

  it('is refused where it is of another version, or none at all', () => {
    for (const text of [
      '',
      'null',
      '[2,1,"a"]\n1',
      '[1,0,"a"]\n1',
      '[1,1,5]\n1',
      '[1,1,"a"]',
      '{',
      '[1,1,"a",{}]',
    ])
      expect(() => decodeOutcome(text as Encoded), text)
        .to.throw(ConclaveError)
        .with.property('code', 'InvalidOption');
  });
});
