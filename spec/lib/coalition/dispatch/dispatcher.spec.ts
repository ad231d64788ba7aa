import { expect } from 'chai';
import fc from 'fast-check';
import { ATTEMPTS, Bench, batchesOf, QUEUE } from './dispatcher-bench.js';

describe('dispatcher', () => {
  it('hands out in order, within the window, and refills as tasks settle', async () => {
    const bench = new Bench();
    const link = bench.join('w');
    await bench.publish(1, 30);
    expect(bench.dispatcher.demand).to.equal(8);
    await bench.fetch();
    expect(batchesOf(link)).to.deep.equal([[1, 2, 3, 4, 5, 6, 7, 8]]);
    expect(bench.dispatcher).to.include({ held: 8, demand: 0 });
    await bench.clock.advance(4);
    await bench.settle('w', 1, [0, 1, 2, 3]);
    expect(bench.answered).to.deep.equal([1, 2, 3, 4]);
    expect(await bench.depth()).to.equal(26);
    expect(bench.told.at(-1)).to.deep.equal({ type: 'settled', count: 4, demand: bench.dispatcher.demand });
    await bench.fetch();
    const sent = batchesOf(link).flat();
    expect(sent.length).to.be.above(8);
    expect(sent).to.deep.equal(sent.map((_, index) => index + 1));
  });

  it('spreads over workers in turn', async () => {
    const bench = new Bench();
    const [a, b] = [bench.join('a'), bench.join('b')];
    await bench.publish(1, 7);
    await bench.fetch();
    expect(batchesOf(a)).to.deep.equal([[1, 3, 5, 7]]);
    expect(batchesOf(b)).to.deep.equal([[2, 4, 6]]);
  });

  it('keeps what it got while nobody lives for who comes', async () => {
    const bench = new Bench();
    bench.join('a');
    await bench.publish(1, 3);
    await bench.fetch();
    await bench.die('a');
    expect(bench.dispatcher.held).to.equal(3);
    const b = bench.join('b');
    expect(batchesOf(b)).to.deep.equal([[1]]); // a suspect, alone
  });

  it('gives a failure back with its backoff, and the last one to the dead letters', async () => {
    const bench = new Bench();
    bench.join('w');
    await bench.publish(1, 1);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await bench.fetch();
      await bench.settle('w', attempt, [], [0]);
      await bench.clock.advance(20);
    }
    expect(bench.retried).to.deep.equal(['1 boom 20', '1 boom 20']);
    expect(bench.dead).to.deep.equal(['1 boom']);
    expect(bench.links.get('w')?.batches.map(({ attempts }) => attempts)).to.deep.equal([[1], [2], [3]]);
    expect(await bench.depth()).to.equal(0);
  });

  it('counts a crash against a task that ran alone, and against no other', async () => {
    const bench = new Bench();
    bench.join('a');
    await bench.publish(1, 3);
    await bench.fetch();
    await bench.die('a');
    const b = bench.join('b');
    expect(batchesOf(b)).to.deep.equal([[1]]);
    await bench.settle('b', 1, [0]);
    expect(batchesOf(b)).to.deep.equal([[1], [2]]);
    await bench.die('b'); // 2 is the guilty one
    const c = bench.join('c');
    expect(batchesOf(c)).to.deep.equal([[3]]);
    await bench.settle('c', 1, [0]);
    await bench.fetch();
    expect(batchesOf(c)).to.deep.equal([[3], [2]]);
    expect(c.batches[1]?.attempts).to.deep.equal([2]);
    expect(bench.retried).to.deep.equal(['2 Worker b died while it ran task producer:2 alone. 0']);
  });

  it('never again lets a task that took a worker along share a batch', async () => {
    const bench = new Bench();
    bench.join('a');
    await bench.give(1, 1);
    await bench.die('a');
    await bench.publish(2, 4);
    const b = bench.join('b');
    await bench.fetch();
    expect(batchesOf(b)).to.deep.equal([[1]]);
    await bench.settle('b', 1, [0]);
    expect(batchesOf(b)).to.deep.equal([[1], [2, 3, 4]]);
  });

  it('sends nothing new while suspects wait, so that one falls idle', async () => {
    const bench = new Bench();
    const [a] = [bench.join('a'), bench.join('b')];
    await bench.publish(1, 30);
    await bench.fetch();
    const before = batchesOf(a).length;
    await bench.die('b');
    const request = { consumer: 'session', max: 3, waitMs: 0, leaseMs: 60_000 };
    bench.dispatcher.accept(await bench.broker.receive(QUEUE, request)); // received before the crash was known
    await bench.settle('a', 1, [0, 1]);
    expect(batchesOf(a)).to.have.length(before);
    await bench.settle('a', 1, [2, 3, 4, 5, 6, 7]);
    expect(batchesOf(a).slice(before)).to.deep.equal([[2]]);
  });

  it('settles unseen what nobody wants', async () => {
    const bench = new Bench();
    const link = bench.join('w');
    for (const seq of [2, 3]) bench.unwanted.add(seq);
    await bench.publish(1, 4);
    await bench.fetch();
    expect(batchesOf(link)).to.deep.equal([[1, 4]]);
    expect(bench.answered).to.deep.equal([]);
    expect(await bench.depth()).to.equal(2);
    expect(bench.told).to.deep.include({ type: 'settled', count: 2, demand: bench.dispatcher.demand });
  });

  it('renews leases at a third, and keeps what it holds for as long as it takes', async () => {
    const bench = new Bench({ leaseMs: 300 });
    bench.join('w');
    await bench.publish(1, 2);
    await bench.fetch(300);
    await bench.clock.advance(3_000);
    expect(await bench.broker.depth(QUEUE)).to.deep.equal({ ready: 0, delayed: 0, heldBack: 0, inFlight: 2 });
    await bench.settle('w', 1, [0, 1]);
    expect(await bench.depth()).to.equal(0);
    expect(bench.errors).to.deep.equal([]);
  });

  it('tells of a broker that fails, and lets the leases bring its tasks back', async () => {
    const bench = new Bench();
    bench.join('w');
    await bench.publish(1, 2);
    await bench.fetch(100);
    const down = new Error('down');
    bench.broker.ack = () => Promise.reject(down);
    await bench.settle('w', 1, [0]);
    expect(bench.errors).to.deep.equal([down]);
    expect(bench.told.at(-1)).to.include({ type: 'settled', count: 1 });
    await bench.clock.advance(100);
    expect((await bench.broker.depth(QUEUE)).ready).to.equal(2);
  });

  it('takes an answer that cannot be kept for a failure of its task', async () => {
    const error = new Error('too large');
    const bench = new Bench();
    const sink = {
      answered: async () => {},
      chunkAnswered: async () => {},
      refusalOf: () => error,
      kept: () => undefined,
      retried: () => {},
    };
    const dead: unknown[] = [];
    const strict = new Bench(
      {},
      {
        broker: bench.broker,
        sink: { ...sink, deadLettered: (_, cause) => dead.push(cause) },
        plans: new Map(),
      },
    );
    strict.join('w');
    await bench.publish(1, 1);
    const taken = await bench.broker.receive(QUEUE, { consumer: 'c', max: 1, waitMs: 0, leaseMs: 1_000 });
    strict.dispatcher.accept(taken);
    await strict.settle('w', 1, [0]);
    expect(dead).to.deep.equal([error]);
    expect(await bench.depth()).to.equal(0);
  });

  it('gives everything back when it closes, and whatever comes after', async () => {
    const bench = new Bench();
    bench.join('a');
    await bench.publish(1, 20);
    await bench.fetch();
    const late = await bench.broker.receive(QUEUE, {
      consumer: 'session',
      max: 2,
      waitMs: 0,
      leaseMs: 1_000,
    });
    await bench.dispatcher.close();
    bench.dispatcher.accept(late);
    await bench.settle('a', 1, [0]);
    expect(await bench.broker.depth(QUEUE)).to.deep.equal({
      ready: 20,
      delayed: 0,
      heldBack: 0,
      inFlight: 0,
    });
    expect(bench.answered).to.deep.equal([]);
    expect(bench.clock.pending).to.equal(0);
  });

  it('begins nothing that comes back from a receive under way once it drains', async () => {
    const bench = new Bench();
    const link = bench.join('w');
    await bench.publish(1, 1);
    await bench.dispatcher.returnUnbegun();
    await bench.fetch();
    expect(batchesOf(link)).to.deep.equal([]);
    expect((await bench.broker.depth(QUEUE)).ready).to.equal(1);
  });

  it('waits until it is idle, and no longer than told', async () => {
    const bench = new Bench();
    bench.join('w');
    await bench.publish(1, 1);
    await bench.fetch();
    const ends: string[] = [];
    void bench.dispatcher.idle(50).then(() => ends.push('bounded'));
    void bench.dispatcher.idle(5_000).then(() => ends.push('idle'));
    await bench.clock.advance(60);
    expect(ends).to.deep.equal(['bounded']);
    await bench.settle('w', 1, [0]);
    await bench.clock.advance(5);
    expect(ends).to.deep.equal(['bounded', 'idle']);
  });
});

type Move =
  | { readonly type: 'join' | 'fetch' | 'publish' }
  | { readonly type: 'die'; readonly of: number }
  | { readonly type: 'settle'; readonly of: number; readonly tasks: readonly boolean[] }
  | { readonly type: 'wait'; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('join' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('fetch' as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('publish' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('die' as const), of: fc.nat(9) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('settle' as const),
      of: fc.nat(9),
      tasks: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 90 }) }),
  },
);

/** Plays the workers: knows what each was sent and has not settled. */
class Players {
  readonly bench = new Bench({ leaseMs: 60 });
  /** Tasks in flight alone on a worker that died, by number: the only crashes that may count. */
  readonly guilty = new Map<number, number>();
  readonly #open = new Map<string, Map<string, number>>();
  readonly #seen = new Map<string, number>();
  #named = 0;
  published = 0;

  async play(step: Move): Promise<void> {
    if (step.type === 'join' && this.bench.links.size < 4) this.#join();
    if (step.type === 'fetch') await this.bench.fetch(60);
    if (step.type === 'publish') {
      await this.bench.publish(this.published + 1, this.published + 5);
      this.published += 5;
    }
    if (step.type === 'die') await this.#die(step.of);
    if (step.type === 'settle') await this.#settle(step.of, step.tasks);
    if (step.type === 'wait') await this.bench.clock.advance(step.ms);
    this.#look();
  }

  /** Everybody works on until nothing is left. */
  async finish(): Promise<void> {
    if (this.bench.links.size === 0) this.bench.join('last');
    for (let round = 0; round < 10_000 && (await this.bench.depth()) > 0; round += 1) {
      await this.bench.fetch(60);
      this.#look();
      for (let of = 0; of < this.bench.links.size; of += 1) await this.#settle(of, Array(300).fill(true));
      await this.bench.clock.advance(20);
    }
  }

  #join(): void {
    this.#named += 1;
    this.bench.join(`w${this.#named}`);
  }

  #name(of: number): string | undefined {
    const names = [...this.bench.links.keys()];
    return names[of % Math.max(1, names.length)];
  }

  /** Takes notice of what was sent. */
  #look(): void {
    for (const [name, { batches }] of this.bench.links) {
      const open = this.#open.get(name) ?? new Map<string, number>();
      for (const { batch, payloads } of batches.slice(this.#seen.get(name) ?? 0))
        for (const [at, payload] of payloads.entries()) open.set(`${batch}.${at}`, Number(payload));
      this.#open.set(name, open);
      this.#seen.set(name, batches.length);
    }
  }

  async #die(of: number): Promise<void> {
    this.#look();
    const name = this.#name(of);
    if (name === undefined) return;
    const open = [...(this.#open.get(name)?.values() ?? [])];
    const [only] = open;
    if (open.length === 1 && only !== undefined) this.guilty.set(only, (this.guilty.get(only) ?? 0) + 1);
    this.#open.delete(name);
    await this.bench.die(name);
  }

  async #settle(of: number, tasks: readonly boolean[]): Promise<void> {
    const name = this.#name(of);
    const open = name === undefined ? undefined : this.#open.get(name);
    if (name === undefined || open === undefined) return;
    for (const [index, [place]] of [...open].slice(0, tasks.length).entries()) {
      const [batch = 0, at = 0] = place.split('.').map(Number);
      open.delete(place);
      await this.bench.settle(
        name,
        batch,
        tasks[index] === true ? [at] : [],
        tasks[index] === true ? [] : [at],
      );
      this.#look();
    }
  }
}

describe('dispatcher, with workers that die at any point', () => {
  it('loses nothing, and counts a crash only against a task alone', async () => {
    const run = async (moves: readonly Move[]) => {
      const players = new Players();
      const { bench } = players;
      for (const step of moves) await players.play(step);
      await players.finish();
      const buried = await bench.broker.deadLetters(QUEUE);
      const ended = new Set([...bench.answered, ...buried.map(({ envelope }) => envelope.seq)]);
      expect(ended.size, 'lost').to.equal(players.published);
      expect(bench.answered).to.have.length(new Set(bench.answered).size);
      for (const { envelope, failures, crashes } of buried) {
        expect(failures + crashes).to.equal(ATTEMPTS);
        expect(crashes).to.equal(players.guilty.get(envelope.seq) ?? 0);
      }
      expect(bench.dispatcher.held).to.equal(0);
      expect(bench.errors).to.deep.equal([]);
      await bench.dispatcher.close();
      expect(bench.clock.pending).to.equal(0);
    };
    await fc.assert(fc.asyncProperty(fc.array(move, { maxLength: 60 }), run), { numRuns: 150 });
  });
});
