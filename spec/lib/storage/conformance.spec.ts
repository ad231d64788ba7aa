import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { isConclaveError } from '../../../lib/core/errors.js';
import type { ClaimStore } from '../../../lib/storage/contract.js';
import { openClaimStore } from '../../../lib/storage/open.js';
import { claim, refusal, withFolder } from './scratch.js';
import { ask, commandRuns, StoreModel } from './store-model.js';

const specs = {
  memory: () => 'memory',
  file: (folder: string) => `file:${join(folder, 'claims.db')}`,
};
const fence = { coalition: 'x', epoch: 1 };
const anyText = fc.string({ unit: 'binary' });
/** Any claim at all: NUL, lone surrogates and control characters among its texts. */
const anyClaim = fc.record({
  id: anyText,
  coalition: fc.constant('x'),
  loop: fc.nat(),
  agent: anyText,
  text: anyText,
  sources: fc.array(fc.record({ file: anyText, line: fc.integer({ min: 1 }), quote: anyText }), {
    maxLength: 3,
  }),
  verdict: fc.option(anyText, { nil: undefined }),
});

for (const [kind, spec] of Object.entries(specs)) {
  const withStore = (body: (store: ClaimStore, folder: string) => Promise<void>) =>
    withFolder(async (folder) => {
      const store = await openClaimStore(spec(folder));
      await body(store, folder);
      await store.close();
    });

  describe(`claim store in ${kind}`, () => {
    it('answers any run of commands as the model does', function () {
      this.timeout(60_000);
      return fc.assert(
        fc.asyncProperty(commandRuns, (commands) =>
          withFolder(async (folder) => {
            const model = new StoreModel();
            let store = await openClaimStore(spec(folder));
            for (const command of commands) {
              if (command.type === 'reopen' && store.durable) {
                await store.close();
                store = await openClaimStore(spec(folder));
              }
              const found = await ask(store, model, command).catch((thrown: unknown) => {
                if (isConclaveError(thrown)) return thrown.code;
                throw thrown;
              });
              expect(found, JSON.stringify(command)).to.deep.equal(model.answer(command));
              expect(await store.count()).to.equal(model.claims.length);
            }
            expect(await store.read()).to.deep.equal(model.claims);
            for (const name of ['x', 'y\0']) {
              expect(await store.readLease(name)).to.deep.equal(model.leases.get(name));
            }
            await store.close();
          }),
        ),
        { numRuns: 100 },
      );
    });

    it('gives back every claim as it was, whatever its texts', () =>
      withStore((store) =>
        fc.assert(
          fc.asyncProperty(
            fc.uniqueArray(anyClaim, { selector: ({ id }) => id, maxLength: 5 }),
            async (claims) => {
              const known = await store.count();
              const outcomes = await store.append(claims, fence);
              const written = claims.filter((_, at) => outcomes[at] === 'written');
              expect(await store.read({ after: known })).to.deep.equal(written);
              const again = await store.append(claims, fence);
              expect(again).to.deep.equal(claims.map(() => 'duplicate'));
            },
          ),
        ),
      ));

    it('takes any text as a search, and finds exactly the claims that hold a word of it', () =>
      withStore(async (store) => {
        const syntax = [
          '"',
          '"a',
          'a AND',
          'NOT',
          'text:a',
          '(',
          '*',
          'a*',
          '^a',
          '-a',
          'NEAR(a b, 2)',
          "'; --",
          '\0',
        ];
        const known = ['lease', 'epoch', 'Leader', 'ÉLAN', '語', 'near', 'or', 'not', 'absent'];
        const word = fc.constantFrom(...known);
        await store.append(
          ['lease of a leader', 'epoch or lease', 'élan: not 語', 'NEAR'].map((text, at) =>
            claim(`${at}`, { text }),
          ),
          fence,
        );
        const texts = (await store.read()).map(({ text }) => text.toLowerCase().split(/[ :]+/));
        await fc.assert(
          fc.asyncProperty(
            fc.array(fc.oneof(word, fc.constantFrom(...syntax), anyText)),
            fc.constantFrom(' ', '"', ' AND '),
            async (parts, between) => {
              await store.search(parts.join(between));
              const words = parts.filter((part) => known.includes(part)).map((part) => part.toLowerCase());
              const found = await store.search(words.join(' '));
              const expected = texts.flatMap((text, at) =>
                words.some((one) => text.includes(one)) ? [`${at}`] : [],
              );
              expect(found.map(({ id }) => id).sort()).to.deep.equal(expected);
            },
          ),
        );
      }));

    it('finds by text and quote, without case and accents, best first, at most the limit', () =>
      withStore(async (store) => {
        const sources = [{ file: 'f.md', line: 3, quote: 'Der Élan vital' }];
        await store.append(
          [
            claim('one', { text: 'a lease and many other words that say little about it' }),
            claim('both', { text: 'the lease has an epoch' }),
            claim('quote', { sources }),
            ...['p', 'q', 'r', 's', 't', 'u'].map((id) => claim(id)),
          ],
          fence,
        );
        const ids = async (text: string, limit = 10) =>
          (await store.search(text, { limit })).map(({ id }) => id);
        expect(await ids('LEASE epoch')).to.deep.equal(['both', 'one']);
        expect(await ids('LEASE epoch', 1)).to.deep.equal(['both']);
        expect((await store.search('elan'))[0]?.sources).to.deep.equal(sources);
        expect(await ids('leas')).to.deep.equal([]);
        expect(await ids('  ')).to.deep.equal([]);
      }));

    it('refuses a stale epoch by name and writes nothing, until the leader writes', () =>
      withStore(async (store) => {
        await store.append([claim('1')], { coalition: 'x', epoch: 3 });
        const message = await refusal(store.append([claim('2')], { coalition: 'x', epoch: 2 }), 'StaleEpoch');
        expect(message).to.include("Epoch 2 of coalition 'x'").and.include('epoch 3');
        const lease = await store.takeLease('x', 'next', undefined);
        expect(lease?.epoch).to.equal(4);
        await refusal(store.append([claim('3')], { coalition: 'x', epoch: 3 }), 'StaleEpoch');
        await store.append([claim('4')], { coalition: 'x', epoch: 4 });
        await store.append([claim('5', { coalition: 'other' })], { coalition: 'other', epoch: 0 });
        expect((await store.read()).map(({ id }) => id)).to.deep.equal(['1', '4', '5']);
      }));

    it('writes all of a batch or nothing, and says which field is wrong', () =>
      withStore(async (store) => {
        const bad = claim('bad', { sources: [{ file: 'f', line: 0, quote: 'q' }] });
        expect(await refusal(store.append([claim('good'), bad], fence), 'InvalidOption')).to.equal(
          'claims[1].sources[0].line must be a whole number from 1, not 0.',
        );
        const foreign = claim('foreign', { coalition: 'y' });
        expect(await refusal(store.append([claim('good'), foreign], fence), 'InvalidOption')).to.include(
          "claims[1].coalition must be 'x'",
        );
        await refusal(store.append([], { coalition: 'x', epoch: 1.5 }), 'InvalidOption');
        await refusal(store.read({ limit: 0 }), 'InvalidOption');
        await refusal(store.read({ after: -1 }), 'InvalidOption');
        await refusal(store.search('a', { limit: Number.NaN }), 'InvalidOption');
        expect(await store.count()).to.equal(0);
      }));

    it('keeps a copy: what the caller changes later changes nothing', () =>
      withStore(async (store) => {
        const draft = { ...claim('1'), sources: [{ file: 'f', line: 1, quote: 'before' }] };
        await store.append([draft], fence);
        draft.sources[0] = { file: 'f', line: 1, quote: 'after' };
        expect((await store.read())[0]?.sources[0]?.quote).to.equal('before');
      }));

    it('lets exactly one of many take the same lease', () =>
      withStore(async (store) => {
        const takers = ['a', 'b', 'c', 'd'].map((holder) => store.takeLease('x', holder, undefined));
        const taken = (await Promise.all(takers)).filter((record) => record !== undefined);
        expect(taken).to.deep.equal([await store.readLease('x')]);
      }));

    it('takes no lease for the record of another', () =>
      withStore(async (store) => {
        const [x] = [await store.takeLease('x', 'a', undefined), await store.takeLease('y', 'a', undefined)];
        expect(await store.takeLease('y', 'b', x)).to.equal(undefined);
      }));

    it('reads on from page to page without a gap, per coalition too', () =>
      withStore(async (store) => {
        for (let at = 0; at < 7; at += 1) {
          const coalition = at % 2 === 0 ? 'x' : 'y';
          await store.append([claim(`${at}`, { coalition })], { coalition, epoch: 1 });
        }
        const pages: string[][] = [];
        for (let after = 0; ; after += 2) {
          const page = await store.read({ after, limit: 2, coalition: 'x' });
          if (page.length === 0) break;
          pages.push(page.map(({ id }) => id));
        }
        expect(pages).to.deep.equal([
          ['0', '2'],
          ['4', '6'],
        ]);
      }));

    it('finishes what was asked before close, refuses what comes after, and closes twice', () =>
      withFolder(async (folder) => {
        const store = await openClaimStore(spec(folder));
        const before = store.append([claim('1')], fence);
        const closing = store.close();
        expect(await before).to.deep.equal(['written']);
        await closing;
        await store.close();
        expect(await refusal(store.append([claim('2')], fence), 'StoreUnavailable')).to.include('is closed');
        await refusal(store.readLease('x'), 'StoreUnavailable');
      }));
  });
}
