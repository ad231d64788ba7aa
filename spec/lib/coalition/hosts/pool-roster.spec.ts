import { expect } from 'chai';
import fc from 'fast-check';
import { PoolRoster } from '../../../../lib/coalition/hosts/pool-roster.js';
import { encodePresence, type Presence } from '../../../../lib/coalition/hosts/presence.js';
import { encode } from '../../../../lib/core/value.js';
import { writerBench } from '../writers/writers.js';
import { presenceOf } from './pools.js';

/** The roster looks this often. */
const LOOK_MS = 500;

function bench() {
  const made = writerBench();
  const { publisher, options, clock } = made;
  const events: string[] = [];
  const roster = new PoolRoster({ ...options, onPool: ({ pool, state }) => events.push(`${pool} ${state}`) });
  const say = async (...said: readonly Presence[]) => {
    const payloads = said.map(encodePresence);
    await publisher.publishAll(
      payloads.map((payload) => ({ kind: 'presence', agent: '', payload }) as const),
    );
    await clock.settle();
  };
  const close = async () => {
    const closed = roster.close();
    await clock.advance(2_000);
    await closed;
  };
  return { ...made, roster, say, close, events: () => events.splice(0) };
}

describe('pool roster', () => {
  it('knows a pool from its first word to its last', async () => {
    const { roster, say, close, events } = bench();
    await say(presenceOf('p'), presenceOf('q'), presenceOf('p'));
    expect(events()).to.deep.equal(['p joined', 'q joined']);
    const { state: _, leaseMs: __, ...info } = presenceOf('p');
    expect(roster.pools[0]).to.deep.equal(info);
    await say(presenceOf('p', { state: 'left' }), presenceOf('p', { state: 'left' }));
    expect(events()).to.deep.equal(['p left']);
    expect(roster.pools.map(({ pool }) => pool)).to.deep.equal(['q']);
    await close();
  });

  it('loses one that is not heard of for its lease, and has it back when it is', async () => {
    const { roster, say, close, clock, events } = bench();
    await say(presenceOf('p'));
    await clock.advance(LOOK_MS);
    await say(presenceOf('p'));
    await clock.advance(LOOK_MS);
    expect(events()).to.deep.equal(['p joined']);
    await clock.advance(LOOK_MS);
    expect(events()).to.deep.equal(['p lost']);
    expect(roster.pools).to.deep.equal([]);
    await say(presenceOf('p'));
    expect(events()).to.deep.equal(['p joined']);
    await close();
  });

  it('tells of what is no word of a pool, and goes on', async () => {
    const { publisher, say, close, errors, events } = bench();
    await publisher.publishAll([{ kind: 'presence', agent: '', payload: encode({ state: 'odd' }) }]);
    await say(presenceOf('p'));
    expect(errors).to.have.length(1);
    expect(events()).to.deep.equal(['p joined']);
    await close();
  });

  it('never says twice that a pool is there, nor that one is gone which was not, whatever comes', async () => {
    const word = fc.record({
      pool: fc.constantFrom('p', 'q', 'r'),
      state: fc.constantFrom('here' as const, 'here' as const, 'left' as const),
      afterMs: fc.nat(1_500),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 30 }), async (words) => {
        const { roster, say, close, clock, events } = bench();
        const there = new Set<string>();
        for (const { pool, state, afterMs } of words) {
          await clock.advance(afterMs);
          await say(presenceOf(pool, { state }));
          for (const event of events()) {
            const [name = '', what] = event.split(' ');
            expect(there.has(name), event).to.equal(what !== 'joined');
            if (what === 'joined') there.add(name);
            else there.delete(name);
          }
          expect(roster.pools.map((info) => info.pool)).to.have.members([...there]);
        }
        await close();
        expect(clock.pending).to.equal(0);
      }),
      { numRuns: 40 },
    );
  });
});
