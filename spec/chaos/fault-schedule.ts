import { type Random, randomInteger } from '../../lib/core/random.js';

/** What befalls whom: a party (one of the processes at work), the server, or the connections between them. */
export type FaultKind =
  | 'kill party'
  | 'stop party'
  | 'kill server'
  | 'stop server'
  | 'cut connections'
  | 'stall connections'
  | 'lose a request'
  | 'lose a reply';

/** One fault of a schedule. */
export interface Fault {
  readonly kind: FaultKind;
  /** Since the beginning of the round. */
  readonly atMs: number;
  /** How long the victim stays dead or stopped. */
  readonly lastsMs: number;
  /** Which party; 0 where it is not one's. */
  readonly party: number;
}

/** What a schedule is drawn for. */
export interface ScheduleTerms {
  readonly kinds: readonly FaultKind[];
  readonly parties: number;
  readonly lengthMs: number;
  readonly leaseMs: number;
  /** From one fault to the next, on average. */
  readonly gapMs: number;
}

const DEAD_MS_MAX = 300;
/** After a fault its victim is left alone for so long, or it would never get to work. */
const RESPITE_MS = 400;

/**
 * Faults at random times, the same for the same chance. Faults of different victims overlap, those of one do not; a
 * stop lasts two leases, so that whatever the victim held has been given to others when it wakes.
 */
export function drawSchedule(random: Random, terms: ScheduleTerms): readonly Fault[] {
  const { kinds, parties, lengthMs, gapMs } = terms;
  const freeAtMs = new Map<string, number>();
  const faults: Fault[] = [];
  for (let atMs = gapMs; atMs < lengthMs; atMs += 2 * gapMs * random.next()) {
    const kind = kinds[randomInteger(random, kinds.length)];
    const party = randomInteger(random, parties);
    const deadMs = randomInteger(random, DEAD_MS_MAX);
    if (kind === undefined) return faults;
    const victim = victimOf({ kind, party });
    if ((freeAtMs.get(victim) ?? 0) > atMs) continue;
    const lastsMs = lengthOf(kind, terms.leaseMs, deadMs);
    freeAtMs.set(victim, atMs + lastsMs + RESPITE_MS);
    faults.push({ kind, atMs: Math.round(atMs), lastsMs, party: kind.endsWith('party') ? party : 0 });
  }
  return faults;
}

/** Whom it befalls, by name. */
export function victimOf({ kind, party }: Pick<Fault, 'kind' | 'party'>): string {
  if (kind.endsWith('party')) return `party ${party}`;
  return kind.endsWith('server') ? 'server' : 'connections';
}

function lengthOf(kind: FaultKind, leaseMs: number, deadMs: number): number {
  if (kind.startsWith('st')) return 2 * leaseMs;
  return kind.startsWith('kill') ? deadMs : 0;
}

/** A line for people. */
export function describeFault({ kind, atMs, lastsMs, party }: Fault): string {
  const victim = kind.endsWith('party') ? ` ${party}` : '';
  return `${atMs} ms: ${kind}${victim}${lastsMs > 0 ? `, for ${lastsMs} ms` : ''}`;
}
