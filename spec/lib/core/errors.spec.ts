import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import {
  ConclaveError,
  type ErrorData,
  errorFromData,
  errorToData,
  isConclaveError,
  messageOf,
  textOf,
} from '../../../lib/core/errors.js';
import { unreadable } from './unreadable.js';

describe('errors', () => {
  it('cross a boundary with name, message, stack, code and cause', () => {
    const cause = new RangeError('the root');
    const error = Object.assign(new TypeError('no such thing', { cause }), { code: 'E_SPEC' });
    const rebuilt = errorFromData(JSON.parse(JSON.stringify(errorToData(error))));
    expect(rebuilt)
      .to.be.instanceOf(Error)
      .and.include({ name: 'TypeError', message: 'no such thing', code: 'E_SPEC' });
    expect(rebuilt.stack).to.equal(error.stack);
    expect(rebuilt.cause).to.include({ name: 'RangeError', message: 'the root', stack: cause.stack });
    expect((rebuilt.cause as Error).cause).to.equal(undefined);
  });

  it('cross whatever was thrown, also what has no text', () => {
    const odd = Object.assign(new Error('x'), { name: 5, message: { n: 1n }, stack: 7, code: 3 });
    expect(errorToData(odd)).to.deep.equal({ name: '5', message: '[object Object]' });
    for (const [thrown, message] of [
      ['text', 'text'],
      [undefined, 'undefined'],
      [Symbol('s'), 'Symbol(s)'],
      [Object.create(null), '[object Object]'],
    ] as const)
      expect(errorToData(thrown)).to.deep.equal({ name: 'Error', message });
    expect(errorToData(new Error('x', { cause: 'why' })).cause).to.deep.equal({
      name: 'Error',
      message: 'why',
    });
  });

  it('cross though they cannot be read, and cut to what a failure needs', () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
      getPrototypeOf: () => {
        throw new Error('no');
      },
    });
    expect(errorToData(hostile).message).to.contain('cannot be read');
    expect(errorToData(new Error('x'.repeat(100_000))).message).to.have.length(65_536);
  });

  it('cross as the errors of an AggregateError, the first eight of them', async () => {
    const failures = [new TypeError('one', { cause: 'why' }), 'two'].map((why) => Promise.reject(why));
    const thrown = await Promise.any(failures).catch((error: unknown) => error);
    const rebuilt = errorFromData(JSON.parse(JSON.stringify(errorToData(thrown))));
    expect(rebuilt).to.be.instanceOf(AggregateError).and.include({ name: 'AggregateError' });
    const [one, two] = (rebuilt as AggregateError).errors;
    expect(one).to.include({ name: 'TypeError', message: 'one' });
    expect(one.cause).to.include({ message: 'why' });
    expect(two).to.be.instanceOf(Error).and.include({ message: 'two' });
    const wide = new AggregateError(
      Array.from({ length: 100 }, (_, at) => new Error(String(at))),
      'wide',
    );
    wide.errors[0] = wide;
    const size = (data: ErrorData): number =>
      (data.errors ?? []).reduce((sum, inner) => sum + size(inner), 1);
    expect(size(errorToData(wide))).to.equal(9);
  });

  it('cross with what they say though they are no Error of this realm', () => {
    const foreign = runInNewContext("Object.assign(new RangeError('far'), { code: 'E_FAR' })");
    expect(foreign).to.not.be.instanceOf(Error);
    expect(errorToData(foreign)).to.include({ name: 'RangeError', message: 'far', code: 'E_FAR' });
    const odd = { message: 'an object', code: 'E_ODD' };
    expect(errorToData(odd)).to.deep.equal({ name: 'Error', message: 'an object', code: 'E_ODD' });
    expect(messageOf(odd)).to.equal('an object');
  });

  it('have a text whatever was thrown', () => {
    for (const [name, value] of Object.entries(unreadable())) {
      expect(textOf(value), name).to.be.a('string');
      expect(messageOf(value), name).to.be.a('string');
    }
  });

  it('end a chain of causes that goes round', () => {
    const [a, b] = [new Error('a'), new Error('b')];
    a.cause = b;
    b.cause = a;
    let depth = 0;
    for (let data = errorToData(a).cause; data !== undefined; data = data.cause) depth += 1;
    expect(depth).to.equal(8);
  });

  it('are known by class and code', () => {
    const error = new ConclaveError('QueueFull', 'full', { cause: 1 });
    expect(error).to.include({ name: 'QueueFull', code: 'QueueFull', cause: 1 });
    expect(isConclaveError(error)).to.equal(true);
    expect(isConclaveError(error, 'QueueFull')).to.equal(true);
    expect(isConclaveError(error, 'Timeout')).to.equal(false);
    expect(isConclaveError(errorFromData(errorToData(error)))).to.equal(false);
  });
});
