import { expect } from 'chai';
import { isolations, refusal, withCoalition } from './coalitions.js';

const values: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  'minus zero': -0,
  'a large number': 2 ** 53 - 1,
  'the smallest number': 5e-324,
  'an empty text': '',
  unicode: 'naïve ☃ 𝒳 \u2028 \ud83d\ude00 line\nbreak \u0000',
  'a lone surrogate': '\ud800',
  bytes: Uint8Array.from({ length: 256 }, (_, at) => at),
  'no bytes': new Uint8Array(0),
  nested: { a: [{ b: [[], {}, [null, { bytes: new Uint8Array([1, 2, 3]) }]] }] },
  'keys that look reserved': { $bytes: 'AQI=', $$bytes: 1, $undefined: true, $minus: 0 },
  'a key called __proto__': JSON.parse('{"__proto__":{"polluted":true}}'),
  'a text of 900 KiB': 'é'.repeat(450 * 1024),
  '600 KiB of bytes': new Uint8Array(600 * 1024).fill(7),
};

const notPlain: Readonly<Record<string, [value: unknown, path: string]>> = {
  'a function': [{ a: [0, () => 1] }, 'payload.value.a[1]'],
  'a date': [new Date(0), 'payload.value'],
  'a map': [{ deep: { map: new Map() } }, 'payload.value.deep.map'],
  NaN: [[1, Number.NaN], 'payload.value[1]'],
  'an inner undefined': [{ gone: undefined }, 'payload.value.gone'],
  'a big integer': [1n, 'payload.value'],
};

const oddResults: Readonly<Record<string, string>> = {
  function: 'result.a[1]',
  date: 'result',
  map: 'result.deep.map',
  nan: 'result',
  inner: 'result.gone',
};

for (const isolation of isolations) {
  describe(`values in isolation ${isolation}`, function () {
    this.timeout(60_000);

    it('come back as they went', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        for (const [name, value] of Object.entries(values)) {
          const payload = value === undefined ? {} : { value };
          const answer = await (await coalition.submit('echo', payload)).result();
          expect(answer, name).to.deep.equal(value);
          if (typeof value === 'object' && value !== null) expect(answer, name).not.to.equal(value);
        }
      }));

    it('are refused at submit, naming the path', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        for (const [name, [value, path]] of Object.entries(notPlain)) {
          const error = await refusal(coalition.submit('echo', { value }), 'NotSerializable');
          expect(error.message.startsWith(`${path} is `), `${name}: ${error.message}`).to.equal(true);
        }
        const oversized = await refusal(
          coalition.submit('echo', { value: 'x'.repeat(2 ** 20) }),
          'MessageTooLarge',
        );
        expect(oversized.message).to.include('payloadBytesMax');
        const whole = await (await coalition.submit('echo', { value: 'still there' })).result();
        expect(whole).to.equal('still there');
      }));

    it('are refused as results, naming the path', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        for (const [kind, path] of Object.entries(oddResults)) {
          const task = await coalition.submit('oddity', { kind });
          const { cause } = await refusal(task.result(), 'HandlerFailed');
          expect(cause).to.include({ name: 'NotSerializable', code: 'NotSerializable' });
          expect((cause as Error).message.startsWith(`${path} is `)).to.equal(true);
        }
      }));

    it('are refused as outcomes of effects, naming the path', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        for (const [kind, path] of Object.entries(oddResults)) {
          const task = await coalition.submit('oddEffect', { kind });
          const { cause } = await refusal(task.result(), 'HandlerFailed');
          expect(cause).to.include({ name: 'NotSerializable', code: 'NotSerializable' });
          expect((cause as Error).message.startsWith(`${path.replace('result', 'outcome')} is `)).to.equal(
            true,
          );
        }
      }));

    it('reach a schema and a chart as they were submitted, and come back from them', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        const dated = await coalition.submit('dated', { at: '2020-02-28T00:00:00Z' });
        expect(await dated.result()).to.equal('2020-02-29T00:00:00.000Z');
        const chart = await coalition.submit('chart', { ms: 5 });
        expect(await chart.result()).to.deep.equal({ waitedMs: 5 });
      }));

    it('carry an error with its name, message, code, cause and stack', () =>
      withCoalition({ isolation, workers: 1 }, async (coalition) => {
        const thrown = await coalition.submit('thrower', undefined);
        const crashed = await coalition.submit('chart', { ms: 1, fails: true });
        for (const task of [thrown, crashed]) {
          const error = await refusal(task.result(), 'HandlerFailed');
          expect(error.message).to.include('out of range');
          const { cause } = error;
          expect(cause).to.include({ name: 'RangeError', message: 'out of range', code: 'E_RANGE' });
          const { stack, cause: root } = cause as Error;
          expect(stack).to.match(/agents\.[jt]s:\d+/);
          expect(root).to.include({ name: 'TypeError', message: 'the root' });
          expect((root as Error).stack).to.match(/agents\.[jt]s:\d+/);
        }
      }));
  });
}
