import { expect } from 'chai';
import fc from 'fast-check';
import type { EventObject } from 'xstate';
import { ControlEvent, Mailbox } from '../../../lib/system/mailbox.js';

const MAILBOXES = 3;
const which = fc.nat(MAILBOXES - 1);
const many = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 300 }));
const move = fc.record({
  which,
  what: fc.constantFrom(
    'offer' as const,
    'offer' as const,
    'push' as const,
    'pushCounted' as const,
    'pop' as const,
    'pop' as const,
  ),
  many,
});
type Move = typeof move extends fc.Arbitrary<infer Value> ? Value : never;

/** One line of both kinds, as plainly as it can be said. */
class Model {
  readonly line: (EventObject | ControlEvent)[] = [];
  readonly mailbox: Mailbox;
  readonly #capacity: number;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.mailbox = new Mailbox(capacity);
  }

  make({ what, many: times }: Move): void {
    for (let time = 0; time < times; time += 1) {
      this.#count += 1;
      const event = { type: `${this.#count}` };
      if (what === 'pop') this.#pop();
      else if (what === 'offer') this.#offer(event);
      else this.#push(new ControlEvent(event, undefined, what === 'pushCounted'));
    }
    expect(this.mailbox.length).to.equal(this.line.length);
    expect(this.mailbox.isFull).to.equal(this.#isFull);
    expect(this.mailbox.hasRoomForNotice).to.equal(this.line.length < 2 * this.#capacity);
  }

  get #isFull(): boolean {
    const counted = this.line.filter((item) => !(item instanceof ControlEvent) || item.counted);
    return counted.length >= this.#capacity;
  }

  #offer(event: EventObject): void {
    const fits = !this.#isFull;
    expect(this.mailbox.offer(event)).to.equal(fits);
    if (fits) this.line.push(event);
  }

  #push(control: ControlEvent): void {
    this.mailbox.push(control);
    this.line.push(control);
  }

  #pop(): void {
    const popped = this.mailbox.popControl() ?? this.mailbox.popEvent();
    expect(popped === this.line.shift(), 'what came is what stood first').to.equal(true);
  }
}

describe('a mailbox', () => {
  it('is one line of events and control events, bounded, whatever others take and give up beside it', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 400 }), (moves, capacity) => {
        const models = Array.from({ length: MAILBOXES }, () => new Model(capacity));
        for (const made of moves) models[made.which]?.make(made);
        for (const model of models) model.make({ which: 0, what: 'pop', many: model.line.length + 1 });
      }),
      { numRuns: 100 },
    );
  });

  it('goes on with room of its own after it has given up that of a burst', () => {
    const [first, second] = [new Mailbox(1_000), new Mailbox(1_000)];
    const types = Array.from({ length: 100 }, (_, at) => `${at}`);
    const taken = (mailbox: Mailbox) => types.map(() => mailbox.popEvent()?.type);
    for (const type of types) first.offer({ type });
    expect(taken(first)).to.deep.equal(types);
    for (const type of types) second.offer({ type });
    first.offer({ type: 'of the first' });
    expect(taken(second)).to.deep.equal(types);
    expect(first.popEvent()?.type).to.equal('of the first');
  });
});
