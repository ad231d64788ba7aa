import { nextEpoch, sameLeaseTerm } from '../election/lease.js';
import type { LeaseRecord } from './contract.js';
import { standsAsExpected } from './request.js';
import type { SqlStep } from './sqlite-connection.js';
import { integer, stored, storedText } from './sqlite-schema.js';

const FIND = 'SELECT holder, epoch, heartbeat FROM leases WHERE name = ?';
const WRITTEN_EPOCH = 'SELECT coalesce(max(epoch), 0) AS epoch FROM epochs WHERE coalition = ?';
const PUT = 'INSERT OR REPLACE INTO leases (name, holder, epoch, heartbeat) VALUES (?, ?, ?, ?)';

/** The record of a lease; undefined if it was never held. */
export function findLease(step: SqlStep, store: string, name: string): LeaseRecord | undefined {
  const [row] = step.all(FIND, [stored(name)]);
  if (row === undefined) return undefined;
  return {
    name,
    holder: storedText(row, 'holder', store),
    epoch: integer(row, 'epoch', store),
    heartbeat: integer(row, 'heartbeat', store),
  };
}

/** The largest epoch that wrote for a coalition; 0 for none. A lease fences the coalition of its name. */
export function writtenEpoch(step: SqlStep, store: string, coalition: string): number {
  return integer(step.all(WRITTEN_EPOCH, [stored(coalition)])[0], 'epoch', store);
}

/** Takes it if the record still is the one expected, as one writing step. */
export function takeLease(
  step: SqlStep,
  store: string,
  request: {
    readonly name: string;
    readonly holder: string;
    readonly expected: LeaseRecord | undefined;
  },
): LeaseRecord | undefined {
  const { name, holder, expected } = request;
  const current = findLease(step, store, name);
  if (!standsAsExpected(current, expected)) return undefined;
  const epoch = nextEpoch(current?.epoch ?? 0, writtenEpoch(step, store, name));
  return put(step, { name, holder, epoch, heartbeat: 0 });
}

/** Adds a heartbeat if the term still stands. */
export function renewLease(step: SqlStep, store: string, record: LeaseRecord): LeaseRecord | undefined {
  const current = findLease(step, store, record.name);
  if (current?.holder === undefined || !sameLeaseTerm(current, record)) return undefined;
  return put(step, { ...current, heartbeat: current.heartbeat + 1 });
}

/** Leaves the record without a holder if the term still stands; the epoch stays, so that the next is larger. */
export function releaseLease(step: SqlStep, store: string, record: LeaseRecord): void {
  const current = findLease(step, store, record.name);
  if (sameLeaseTerm(current, record) && current !== undefined) put(step, { ...current, holder: undefined });
}

function put(step: SqlStep, record: LeaseRecord): LeaseRecord {
  const holder = record.holder === undefined ? null : stored(record.holder);
  step.run(PUT, [stored(record.name), holder, record.epoch, record.heartbeat]);
  return record;
}
