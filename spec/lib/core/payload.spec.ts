import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect } from 'chai';
import * as v from 'valibot';
import { z } from 'zod';
import { ConclaveError, messageOf } from '../../../lib/core/errors.js';
import { checkPayload, isStandardSchema } from '../../../lib/core/payload.js';

const libraries = {
  zod: {
    sync: z.object({ items: z.array(z.object({ n: z.number() })), unit: z.string().default('kg') }),
    dated: z.object({ at: z.string().transform((text) => new Date(text)) }),
    async: z.object({ id: z.string().refine(async (id) => id !== 'taken', 'is taken') }),
  },
  valibot: {
    sync: v.object({ items: v.array(v.object({ n: v.number() })), unit: v.optional(v.string(), 'kg') }),
    dated: v.object({
      at: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
    }),
    async: v.objectAsync({
      id: v.pipeAsync(
        v.string(),
        v.checkAsync(async (id) => id !== 'taken', 'is taken'),
      ),
    }),
  },
} satisfies Record<string, Record<string, StandardSchemaV1>>;

/** A schema whose `validate` does whatever a spec wants. */
function schemaThat(validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'spec', validate } };
}

function refusalOf(schema: StandardSchemaV1, payload: unknown): ConclaveError {
  try {
    checkPayload('buyer', schema, payload);
  } catch (error) {
    if (error instanceof ConclaveError) return error;
    throw error;
  }
  throw new Error('the payload went through');
}

for (const [name, { sync, dated, async }] of Object.entries(libraries)) {
  describe(`a payload checked with ${name}`, () => {
    it('comes out as the schema puts it out, at once', () => {
      const checked = checkPayload('buyer', sync, { items: [{ n: 1 }] });
      expect(checked).to.deep.equal({ items: [{ n: 1 }], unit: 'kg' });
      expect(checkPayload('buyer', dated, { at: '2020-01-01T00:00:00Z' })).to.deep.equal({
        at: new Date('2020-01-01T00:00:00Z'),
      });
    });

    it('is refused naming the agent, the path and what the schema says', () => {
      const error = refusalOf(sync, { items: [{ n: 1 }, { n: 'two' }] });
      expect(error.code).to.equal('InvalidPayload');
      expect(error.message).to.match(
        /^Agent "buyer" does not take this payload: payload\.items\[1\]\.n: Inv/,
      );
    });

    it('spells out three issues, and counts the rest', () => {
      const { message } = refusalOf(sync, { items: [{ n: '0' }, { n: '1' }, { n: '2' }, { n: '3' }, {}] });
      expect(message).to.include('payload.items[2].n: ').and.to.include('; and 2 more.');
      expect(message).not.to.include('payload.items[3]');
    });

    it('waits for an asynchronous schema', async () => {
      const checked = checkPayload('buyer', async, { id: 'free' });
      expect(checked).to.be.instanceOf(Promise);
      expect(await checked).to.deep.equal({ id: 'free' });
      const refused = Promise.resolve(checkPayload('buyer', async, { id: 'taken' }));
      const error = await refused.catch((thrown) => thrown);
      expect(error).to.include({ code: 'InvalidPayload' });
      expect(messageOf(error)).to.include('payload.id: is taken');
    });
  });
}

describe('a payload', () => {
  it('is refused where its schema throws or rejects, with the cause', async () => {
    const cause = new RangeError('broken schema');
    const thrown = refusalOf(
      schemaThat(() => {
        throw cause;
      }),
      1,
    );
    expect(thrown).to.include({ code: 'InvalidPayload', cause });
    expect(thrown.message).to.include('"buyer"').and.to.include('broken schema');
    const rejecting = checkPayload(
      'buyer',
      schemaThat(() => Promise.reject(cause)),
      1,
    );
    const rejected = await Promise.resolve(rejecting).catch((error) => error);
    expect(rejected).to.include({ code: 'InvalidPayload', cause });
    const mute = { '~standard': { version: 1, vendor: 'spec', validate: () => undefined } };
    if (isStandardSchema(mute)) expect(refusalOf(mute, 1).message).to.include('neither a value nor issues');
  });

  it('may be the whole of what is wrong, and a path may hold segments and symbols', () => {
    const issues = [{ message: 'no' }, { message: 'odd', path: [{ key: 'a' }, { key: 0 }, Symbol('s')] }];
    expect(
      refusalOf(
        schemaThat(() => ({ issues })),
        1,
      ).message,
    ).to.include('payload: no; payload.a[0].Symbol(s): odd.');
  });

  it('is checked by schemas alone', () => {
    for (const schema of [libraries.zod.sync, libraries.valibot.async]) {
      expect(isStandardSchema(schema)).to.equal(true);
    }
    const callable = Object.assign(() => 1, libraries.zod.sync);
    Object.defineProperty(callable, '~standard', { value: libraries.zod.sync['~standard'] });
    expect(isStandardSchema(callable)).to.equal(true);
    const others = [undefined, null, 1, {}, () => 1, { '~standard': 1 }, { '~standard': { version: 1 } }];
    for (const other of others) expect(isStandardSchema(other)).to.equal(false);
  });
});
