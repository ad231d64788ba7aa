import fc from 'fast-check';
import type { Claim, ClaimStore, LeaseRecord } from '../../../lib/storage/contract.js';
import { claim } from './scratch.js';

/** One step of a random run; `at` picks among the lease records that were ever given out. */
export type Command =
  | { type: 'append'; coalition: string; epoch: number; ids: readonly number[] }
  | { type: 'read'; coalition: string | undefined; after: number; limit: number }
  | { type: 'take'; name: string; holder: string; expected: 'current' | 'none' | number }
  | { type: 'renew' | 'release'; at: number }
  | { type: 'reopen' };

const coalitions = fc.constantFrom('x', 'y\0');
/** Runs of commands, weighted so that epochs, duplicates and lost leases meet. */
export const commandRuns: fc.Arbitrary<readonly Command[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('append' as const),
        coalition: coalitions,
        epoch: fc.nat(5),
        ids: fc.array(fc.nat(12), { maxLength: 4 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('read' as const),
        coalition: fc.option(coalitions, { nil: undefined }),
        after: fc.nat(8),
        limit: fc.integer({ min: 1, max: 5 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('take' as const),
        name: coalitions,
        holder: fc.constantFrom('a', 'b'),
        expected: fc.oneof(fc.constantFrom('current' as const, 'none' as const), fc.nat(20)),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constantFrom('renew' as const, 'release' as const), at: fc.nat(20) }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
  ),
  { maxLength: 40 },
);

/** What every claim store must answer, said as plainly as can be. */
export class StoreModel {
  readonly claims: Claim[] = [];
  readonly leases = new Map<string, LeaseRecord>();
  readonly given: LeaseRecord[] = [];
  readonly #epochs: { coalition: string; epoch: number }[] = [];

  /** The answer to a command, errors as their code. */
  answer(command: Command): unknown {
    if (command.type === 'append') return this.#append(command);
    if (command.type === 'read') {
      const { coalition, after, limit } = command;
      const all = this.claims.filter((item) => coalition === undefined || item.coalition === coalition);
      return all.slice(after, after + limit);
    }
    if (command.type === 'take') return this.#take(command);
    if (command.type === 'reopen') return undefined;
    const record = this.given[command.at];
    const current = record && this.leases.get(record.name);
    const stands =
      record?.holder !== undefined && current?.holder === record.holder && current.epoch === record.epoch;
    if (!stands) return undefined;
    if (command.type === 'renew') return this.#give({ ...current, heartbeat: current.heartbeat + 1 });
    this.leases.set(current.name, { ...current, holder: undefined });
    return undefined;
  }

  /** The record that a `take` of this command expects. */
  expected(command: Command & { type: 'take' }): LeaseRecord | undefined {
    if (command.expected === 'none') return undefined;
    if (command.expected === 'current') return this.leases.get(command.name);
    return this.given[command.expected];
  }

  #append({ coalition, epoch, ids }: Command & { type: 'append' }): unknown {
    if (epoch < this.#seen(coalition)) return 'StaleEpoch';
    this.#epochs.push({ coalition, epoch });
    return ids.map((id) => {
      if (this.claims.some((item) => item.id === `id${id}`)) return 'duplicate';
      this.claims.push(claim(`id${id}`, { coalition }));
      return 'written';
    });
  }

  #take(command: Command & { type: 'take' }): unknown {
    const same = JSON.stringify(this.expected(command)) === JSON.stringify(this.leases.get(command.name));
    if (!same) return undefined;
    const { name, holder } = command;
    return this.#give({ name, holder, epoch: this.#seen(name) + 1, heartbeat: 0 });
  }

  #seen(coalition: string): number {
    const written = this.#epochs.filter((item) => item.coalition === coalition).map(({ epoch }) => epoch);
    return Math.max(0, this.leases.get(coalition)?.epoch ?? 0, ...written);
  }

  #give(record: LeaseRecord): LeaseRecord {
    this.leases.set(record.name, record);
    this.given.push(record);
    return record;
  }
}

/** What a real store answers to the same command; must be asked before the model is. */
export function ask(store: ClaimStore, model: StoreModel, command: Command): Promise<unknown> {
  if (command.type === 'append') {
    const { coalition, epoch, ids } = command;
    return store.append(
      ids.map((id) => claim(`id${id}`, { coalition })),
      { coalition, epoch },
    );
  }
  if (command.type === 'read') {
    const { coalition, after, limit } = command;
    return store.read(coalition === undefined ? { after, limit } : { after, limit, coalition });
  }
  if (command.type === 'take') return store.takeLease(command.name, command.holder, model.expected(command));
  const record = command.type === 'reopen' ? undefined : model.given[command.at];
  if (record === undefined) return Promise.resolve(undefined);
  return command.type === 'renew' ? store.renewLease(record) : store.releaseLease(record);
}
