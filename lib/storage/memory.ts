import { nextEpoch, sameLeaseTerm } from '../election/lease.js';
import { parseBatch } from './claim.js';
import type { AppendOutcome, Claim, ClaimStore, Fence, LeaseRecord } from './contract.js';
import { rankByWords } from './rank.js';
import { parseRead, parseSearch, staleEpoch, standsAsExpected, storeClosed } from './request.js';
import { claimWords } from './search-words.js';

/** Claims and leases in this process alone: gone when it ends, which `durable` says. */
export class MemoryClaimStore implements ClaimStore {
  readonly name = 'memory';
  readonly durable = false;
  readonly #claims: Claim[] = [];
  readonly #words: (readonly string[])[] = [];
  readonly #ids = new Set<string>();
  /** The largest epoch that wrote, by coalition. */
  readonly #epochs = new Map<string, number>();
  readonly #leases = new Map<string, LeaseRecord>();
  #closed = false;

  async append(claims: readonly Claim[], fence: Fence): Promise<readonly AppendOutcome[]> {
    this.#checkOpen();
    const batch = parseBatch(claims, fence);
    const seenEpoch = this.#seenEpoch(fence.coalition);
    if (fence.epoch < seenEpoch) throw staleEpoch(fence, seenEpoch);
    this.#epochs.set(fence.coalition, fence.epoch);
    return batch.map((claim) => this.#add(claim));
  }

  async read(
    request: { readonly after?: number; readonly limit?: number; readonly coalition?: string } = {},
  ): Promise<readonly Claim[]> {
    this.#checkOpen();
    const { after, limit, coalition } = parseRead(request);
    const claims =
      coalition === undefined ? this.#claims : this.#claims.filter((claim) => claim.coalition === coalition);
    return claims.slice(after, after + limit);
  }

  async search(text: string, request: { readonly limit?: number } = {}): Promise<readonly Claim[]> {
    this.#checkOpen();
    const { words, limit } = parseSearch(text, request);
    const found = rankByWords(this.#words, words).slice(0, limit);
    return found.flatMap((at) => this.#claims[at] ?? []);
  }

  async count(): Promise<number> {
    this.#checkOpen();
    return this.#claims.length;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async readLease(name: string): Promise<LeaseRecord | undefined> {
    this.#checkOpen();
    return this.#leases.get(name);
  }

  async takeLease(
    name: string,
    holder: string,
    expected: LeaseRecord | undefined,
  ): Promise<LeaseRecord | undefined> {
    this.#checkOpen();
    const current = this.#leases.get(name);
    if (!standsAsExpected(current, expected)) return undefined;
    const epoch = nextEpoch(current?.epoch ?? 0, this.#epochs.get(name) ?? 0);
    return this.#setLease({ name, holder, epoch, heartbeat: 0 });
  }

  async renewLease(record: LeaseRecord): Promise<LeaseRecord | undefined> {
    this.#checkOpen();
    const current = this.#leases.get(record.name);
    if (current?.holder === undefined || !sameLeaseTerm(current, record)) return undefined;
    return this.#setLease({ ...current, heartbeat: current.heartbeat + 1 });
  }

  async releaseLease(record: LeaseRecord): Promise<void> {
    this.#checkOpen();
    const current = this.#leases.get(record.name);
    if (current !== undefined && sameLeaseTerm(current, record)) {
      this.#setLease({ ...current, holder: undefined });
    }
  }

  #add(claim: Claim): AppendOutcome {
    if (this.#ids.has(claim.id)) return 'duplicate';
    this.#ids.add(claim.id);
    this.#claims.push(claim);
    this.#words.push(claimWords(claim));
    return 'written';
  }

  #seenEpoch(coalition: string): number {
    return Math.max(this.#epochs.get(coalition) ?? 0, this.#leases.get(coalition)?.epoch ?? 0);
  }

  #setLease(record: LeaseRecord): LeaseRecord {
    const kept = Object.freeze(record);
    this.#leases.set(kept.name, kept);
    return kept;
  }

  #checkOpen(): void {
    if (this.#closed) throw storeClosed(this.name);
  }
}
