/* What the tasks of the data plane carry, numbered from 1: for every side of a row the same. */

/** The smallest task there is. */
export interface NumberPayload {
  readonly n: number;
}

/** An order as a shop might send it: 154 bytes of JSON, of every kind of value. */
export interface OrderPayload {
  readonly id: number;
  readonly name: string;
  readonly express: boolean;
  readonly weightKg: number;
  readonly coupon: null;
  readonly items: number;
  readonly address: { readonly street: string; readonly zip: string; readonly floor: number };
}

const FIRST_ID = 1_000_000;

export function orderOf(n: number): OrderPayload {
  return {
    id: FIRST_ID + n,
    name: 'Ada Lovelace',
    express: n % 2 === 0,
    weightKg: 12.75,
    coupon: null,
    items: 3,
    address: { street: '12 St James Sq.', zip: n % 2 === 0 ? 'SW1Y' : 'SW1', floor: 2 },
  };
}

/** Work whose every answer can be told beforehand. */
export interface Work {
  /** Of the agent, and of what a peer exports. */
  readonly agent: 'square' | 'order';
  payload(n: number): NumberPayload | OrderPayload;
  /** What the task of that number answers. */
  answer(n: number): number;
}

export const works: Readonly<Record<Work['agent'], Work>> = {
  square: { agent: 'square', payload: (n) => ({ n }), answer: (n) => n * n },
  order: { agent: 'order', payload: orderOf, answer: (n) => (FIRST_ID + n) * 3 + 2 },
};

/** What the agents do, for those who have none. */
export const handlers = {
  square: ({ n }: NumberPayload): number => n * n,
  order: ({ id, items, address }: OrderPayload): number => id * items + address.floor,
} as const;

/** The payloads from 1 to `count`. */
export function payloadsOf(work: Work, count: number): (NumberPayload | OrderPayload)[] {
  return Array.from({ length: count }, (_, at) => work.payload(at + 1));
}

/** @throws where an answer is not that of the task of its place. */
export function expectAnswers(work: Work, answers: readonly unknown[], count: number): void {
  if (answers.length !== count) throw new Error(`${answers.length} answers instead of ${count}`);
  const wrong = answers.findIndex((answer, at) => answer !== work.answer(at + 1));
  if (wrong >= 0)
    throw new Error(`task ${wrong + 1} answered ${answers[wrong]} instead of ${work.answer(wrong + 1)}`);
}
