import { expect } from 'chai';
import { defineAgent, type QueryPayload } from '../../../../lib/coalition/define.js';
import { ConclaveError, isConclaveError } from '../../../../lib/core/errors.js';
import type { SharedResult } from '../../../../lib/core/frame.js';
import { MemoryClaimStore } from '../../../../lib/storage/memory.js';
import { rejection } from '../fakes.js';
import { bench, drive } from '../inline.js';

const backoff = { type: 'fixed', delayMs: 10 } as const;

/** What an agent saw of the shared state when it ran. */
function seer(name: string, after: readonly string[] = []) {
  const saw: string[][] = [];
  const agent = defineAgent({
    name,
    after,
    handle: ({ query, loop }: QueryPayload<string>, { state }) => {
      saw.push(state.results.map((result) => `${result.agent}${result.loop}`));
      return `${query}/${name}/${loop}/${String(state.latest(name))}`;
    },
  });
  return { agent, saw };
}

function places(results: readonly SharedResult[]): string[] {
  return results.map(({ loop, stage, agent }) => `${loop}.${stage} ${agent}`);
}

describe('a coalition, inline: queries', () => {
  it('walks loops and stages, each seeing all that came before it', async () => {
    const [first, second, third] = [seer('first'), seer('second'), seer('third', ['first', 'second'])];
    const agents = { third: third.agent, first: first.agent, second: second.agent };
    const { coalition, run, end, faults } = await bench(agents);
    const report = await run(coalition.runQuery('why', { loops: 2 }));
    expect(
      places(report.results).map((place, at) => (at % 3 === 2 ? place : place.slice(0, 3))),
    ).to.deep.equal(['1.0', '1.0', '1.1 third', '2.0', '2.0', '2.1 third']);
    expect(report).to.include({ loops: 2 });
    expect(report.failures).to.deep.equal([]);
    expect(first.saw).to.deep.equal([[], coalition.state.results.slice(0, 3).map(nameOf)]);
    expect(third.saw[1]).to.deep.equal(coalition.state.results.slice(0, 5).map(nameOf));
    expect(coalition.state.latest('third')).to.equal('why/third/2/why/third/1/undefined');
    expect(faults).to.deep.equal([]);
    await end();
  });

  it('goes on where an agent answers nothing', async () => {
    const silent = defineAgent({ name: 'silent', handle: () => undefined });
    const after = seer('after', ['silent']);
    const { coalition, run, end } = await bench({ silent, after: after.agent });
    const { results } = await run(coalition.runQuery('q', { loops: 2 }));
    expect(results).to.have.length(4);
    expect(after.saw[1]).to.deep.equal(['silent1', 'after1', 'silent2']);
    await end();
  });

  it('reports an agent that fails, and runs the stages after it', async () => {
    const fails = defineAgent({
      name: 'fails',
      attempts: 2,
      backoff,
      handle: () => {
        throw new Error('broken');
      },
    });
    const after = seer('after', ['fails']);
    const { coalition, run, end } = await bench({ fails, after: after.agent });
    const { results, failures } = await run(coalition.runQuery('q', { loops: 2 }));
    expect(places(results)).to.deep.equal(['1.1 after', '2.1 after']);
    expect(
      failures.map(({ agent, loop, error }) => [agent, loop, error.code, error.cause?.message]),
    ).to.deep.equal([
      ['fails', 1, 'HandlerFailed', 'broken'],
      ['fails', 2, 'HandlerFailed', 'broken'],
    ]);
    expect(await end()).to.include({ completed: 2, deadLettered: 2 });
  });

  it('fails a result that is too large, instead of running it for ever', async () => {
    let runs = 0;
    const handle = () => {
      runs += 1;
      return 'x'.repeat(2_000);
    };
    const large = defineAgent({ name: 'large', attempts: 2, backoff, handle });
    const { coalition, run, end } = await bench({ large }, { limits: { payloadBytesMax: 1_000 } });
    const { failures } = await run(coalition.runQuery('q'));
    expect(failures.map(({ error }) => error.cause?.code)).to.deep.equal(['MessageTooLarge']);
    expect(runs).to.equal(2);
    await end();
  });

  it('persists every claim once, before the query is over', async () => {
    const store = new MemoryClaimStore();
    const claimant = defineAgent({
      name: 'claimant',
      attempts: 3,
      backoff,
      handle: ({ loop }: QueryPayload, context) => {
        context.claim({ text: `loop ${loop}`, sources: [{ file: 'a.md', line: 3, quote: 'so' }] });
        context.claim({ text: `loop ${loop} again`, verdict: 'supported' });
        if (context.attempt === 1) throw new Error('an attempt that fails claims nothing');
      },
    });
    const { coalition, run, end } = await bench({ claimant }, { store });
    const told: string[] = [];
    coalition.on('claim', ({ text }) => told.push(text));
    await run(coalition.runQuery('q', { loops: 3 }));
    const claims = await store.read();
    expect(claims.map(({ text }) => text)).to.deep.equal(
      [1, 2, 3].flatMap((n) => [`loop ${n}`, `loop ${n} again`]),
    );
    expect(claims[0]).to.include({ coalition: 'spec', agent: 'claimant', loop: 1, verdict: undefined });
    expect(claims[0]?.sources).to.deep.equal([{ file: 'a.md', line: 3, quote: 'so' }]);
    expect(claims[1]).to.include({ verdict: 'supported' });
    expect(new Set(claims.map(({ id }) => id))).to.have.property('size', 6);
    expect(told).to.deep.equal(claims.map(({ text }) => text));
    await end();
  });

  it('fails when its claims cannot be kept, with what the store said', async () => {
    const store = new MemoryClaimStore();
    const full = new ConclaveError('StoreUnavailable', 'the disk is full');
    store.append = () => Promise.reject(full);
    const claimant = defineAgent({
      name: 'claimant',
      handle: (_: unknown, context) => context.claim({ text: 'x' }),
    });
    const { coalition, run, end } = await bench({ claimant }, { store, limits: { shutdownGraceMs: 500 } });
    expect(await run(rejection(coalition.runQuery('q')))).to.equal(full);
    await end();
  });

  it('runs queries one after the other, each with a state of its own', async () => {
    const only = seer('only');
    const { coalition, run, end } = await bench({ only: only.agent });
    const [one, two] = await run(
      Promise.all([coalition.runQuery('one', { loops: 2 }), coalition.runQuery('two', { loops: 2 })]),
    );
    expect(one.results.map(({ value }) => value)).to.deep.equal([
      'one/only/1/undefined',
      'one/only/2/one/only/1/undefined',
    ]);
    expect(two.results.map(({ value }) => value)).to.deep.equal([
      'two/only/1/undefined',
      'two/only/2/two/only/1/undefined',
    ]);
    expect(only.saw).to.deep.equal([[], ['only1'], [], ['only1']]);
    await end();
  });

  it('is left by its signal, and what it still does is nothing to the next', async () => {
    const release: (() => void)[] = [];
    const slow = defineAgent({
      name: 'slow',
      attempts: 1,
      handle: ({ query }: QueryPayload<string>) =>
        query === 'next'
          ? query
          : new Promise((_, reject) => {
              release.push(() => reject(new Error('late')));
            }),
    });
    const waits = defineAgent({
      name: 'waits',
      handle: ({ query }: QueryPayload<string>) =>
        new Promise((resolve) => {
          release.push(() => resolve(query));
        }),
    });
    const after = seer('after', ['waits', 'slow']);
    const { coalition, clock, run, end } = await bench(
      { slow, waits, after: after.agent },
      { concurrencyPerWorker: 4 },
    );
    const leaving = new AbortController();
    const left = rejection(coalition.runQuery('left', { signal: leaving.signal }));
    await clock.advance(20);
    const next = coalition.runQuery('next');
    leaving.abort(new Error('enough'));
    expect(await run(left)).to.include({ message: 'enough' });
    await clock.advance(20);
    for (const end of release.splice(0, 2)) end();
    await clock.advance(50);
    expect(after.saw, 'a stage of the next query ran early').to.deep.equal([]);
    for (const end of release) end();
    const { results, failures } = await run(next);
    expect(results.map(({ value }) => value)).to.have.members(['next', 'next', 'next/after/1/undefined']);
    expect(failures).to.deep.equal([]);
    await end();
  });

  it('takes its tasks along when it is left by its signal', async () => {
    const reasons: unknown[] = [];
    const waits = defineAgent({
      name: 'waits',
      handle: (_: QueryPayload<string>, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason);
            reject(signal.reason);
          });
        }),
    });
    const after = seer('after', ['waits']);
    const { coalition, clock, run, end, faults } = await bench({ waits, after: after.agent });
    const leaving = new AbortController();
    const left = rejection(coalition.runQuery('left', { signal: leaving.signal }));
    await clock.advance(20);
    leaving.abort(new Error('enough'));
    expect(await run(left)).to.include({ message: 'enough' });
    const report = await end();
    expect(reasons.map((reason) => isConclaveError(reason, 'Cancelled'))).to.deep.equal([true]);
    expect(report).to.deep.equal({ completed: 0, requeued: 0, deadLettered: 0, abandoned: 0, cancelled: 1 });
    expect(after.saw).to.deep.equal([]);
    expect(faults).to.deep.equal([]);
  });

  it('does not begin when its signal has aborted', async () => {
    const only = seer('only');
    const { coalition, run, end } = await bench({ only: only.agent });
    const error = new Error('never mind');
    expect(await run(rejection(coalition.runQuery('q', { signal: AbortSignal.abort(error) })))).to.equal(
      error,
    );
    expect(only.saw).to.deep.equal([]);
    await end();
  });

  it('refuses more results than the shared state holds', async () => {
    const { coalition, end } = await bench({ only: seer('only').agent }, { limits: { stateResultsMax: 5 } });
    const error = await rejection((async () => coalition.runQuery('q', { loops: 6 }))());
    expect(error).to.include({ name: 'StateFull' });
    expect(error.message).to.contain('6 results').and.contain('stateResultsMax');
    await end();
  });

  it('is ended by a shutdown, and so is the one that waits behind it', async () => {
    const never = defineAgent({ name: 'never', handle: () => new Promise(() => {}) });
    const { coalition, clock } = await bench({ never });
    const queries = [1, 2].map((n) => rejection(coalition.runQuery(n)));
    await clock.advance(20);
    const report = await drive(clock, coalition.shutdown({ graceMs: 10 }));
    const errors = await drive(clock, Promise.all(queries));
    expect(errors.map(({ name }) => name)).to.deep.equal(['ShuttingDown', 'ShuttingDown']);
    expect(report).to.include({ abandoned: 1 });
    expect(clock.pending).to.equal(0);
  });
});

function nameOf({ agent, loop }: SharedResult): string {
  return `${agent}${loop}`;
}
