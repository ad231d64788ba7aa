import { assign, setup } from 'xstate';
import {
  type LeaseObservation,
  leaseRenewalMs,
  leaseRetryMs,
  leaseWorkMs,
  mayTakeLease,
  observeLease,
} from '../lib/election/lease.js';
import type { LeaseRecord } from '../lib/storage/contract.js';

/** What a candidate is told at birth. */
export interface CandidateInput {
  /** Its own name: the holder of the lease it takes. */
  readonly id: string;
  /** The coalition to lead; its lease has that name. */
  readonly coalition: string;
  readonly leaseMs: number;
}

/** What it remembers; all of it data. */
export interface CandidateContext extends CandidateInput {
  /** The epoch of its latest leadership; 0 before the first. */
  readonly epoch: number;
  /** The heartbeat of the lease it holds, as last confirmed; 0 while it does not lead. */
  readonly heartbeat: number;
  /** How much of the lease the last take or renewal used up on its way. */
  readonly tookMs: number;
  /** The lease as seen from outside; undefined until it was read. */
  readonly observation: LeaseObservation<LeaseRecord> | undefined;
}

/**
 * What the shell answers. Each `readLease`, `takeLease` and `renewLease` is answered by exactly one event, in the
 * order asked. `atMs` is the shell's monotonic clock at the answer; `tookMs` runs from just before the step was
 * asked for to its answer, so that a slow store shortens the leadership and never lengthens it.
 */
export type CandidateEvent =
  | { readonly type: 'lease.read'; readonly record: LeaseRecord | undefined; readonly atMs: number }
  | { readonly type: 'lease.taken'; readonly record: LeaseRecord; readonly tookMs: number }
  | { readonly type: 'lease.refused' }
  | { readonly type: 'lease.renewed'; readonly record: LeaseRecord; readonly tookMs: number }
  | { readonly type: 'lease.lost'; readonly epoch: number }
  | { readonly type: 'store.failed'; readonly step: 'read' | 'take' | 'renew' }
  | { readonly type: 'stop' };

/** Why a leader stopped leading: another holds the lease, the store did not answer in time, or it was told to stop. */
export type StepDownReason = 'lost' | 'unrenewed' | 'stop';

/** The lease that a leader holds. */
function held({ id, coalition, epoch, heartbeat }: CandidateContext): LeaseRecord {
  return { name: coalition, holder: id, epoch, heartbeat };
}

/** A body that the shell gives; forgetting one is a fault of the program, never a silent nothing. */
function bodyOf<Params>(name: string) {
  return (_: unknown, _params: Params): void => {
    throw new Error(`The shell of the candidate chart must provide the action '${name}'.`);
  };
}

const chart = setup({
  types: {
    context: {} as CandidateContext,
    events: {} as CandidateEvent,
    input: {} as CandidateInput,
  },
  actions: {
    /** Read the lease and answer `lease.read` or `store.failed`. */
    readLease: bodyOf<{ readonly name: string }>('readLease'),
    /** Take it by compare-and-set; answer `lease.taken`, `lease.refused` or `store.failed`. */
    takeLease: bodyOf<{
      readonly name: string;
      readonly holder: string;
      readonly expected: LeaseRecord | undefined;
    }>('takeLease'),
    /** Renew it; answer `lease.renewed`, `lease.lost` (with the epoch asked for) or `store.failed`. */
    renewLease: bodyOf<{ readonly record: LeaseRecord }>('renewLease'),
    /** Give it up; nobody waits for an answer. */
    releaseLease: bodyOf<{ readonly record: LeaseRecord }>('releaseLease'),
    /** Begin to lead: from now on writes carry this epoch. */
    announceLeader: bodyOf<{ readonly epoch: number }>('announceLeader'),
    /** Stop at once all that writes under this epoch. */
    stepDown: bodyOf<{ readonly epoch: number; readonly reason: StepDownReason }>('stepDown'),
    observe: assign(({ context, event }) =>
      event.type === 'lease.read'
        ? { observation: observeLease(context.observation, event.record, event.atMs) }
        : {},
    ),
    hold: assign(({ event }) =>
      event.type === 'lease.taken' || event.type === 'lease.renewed'
        ? { epoch: event.record.epoch, heartbeat: event.record.heartbeat, tookMs: event.tookMs }
        : {},
    ),
    letGo: assign({ heartbeat: 0, tookMs: 0 }),
  },
  guards: {
    /** Free, or without a sign of life for `leaseMs` of this observer's own time. */
    mayTake: ({ context, event }) => {
      if (event.type !== 'lease.read') return false;
      const seen = observeLease(context.observation, event.record, event.atMs);
      return mayTakeLease(seen, context.leaseMs, event.atMs);
    },
    /** An answer about an earlier leadership says nothing about this one. */
    isThisTerm: ({ context, event }) => {
      if (event.type === 'lease.renewed') return event.record.epoch === context.epoch;
      return event.type === 'lease.lost' && event.epoch === context.epoch;
    },
    isReadFailure: ({ event }) => event.type === 'store.failed' && event.step === 'read',
    isTakeFailure: ({ event }) => event.type === 'store.failed' && event.step === 'take',
    isRenewFailure: ({ event }) => event.type === 'store.failed' && event.step === 'renew',
  },
  delays: {
    /** Between two looks of a follower, two renewals of a leader; and how long `stop` waits for a lease underway. */
    renewal: ({ context }) => leaseRenewalMs(context.leaseMs),
    /** Between two tries of a renewal that the store did not answer. */
    retry: ({ context }) => leaseRetryMs(context.leaseMs),
    /** What is left of the two thirds of a lease that may be worked without a renewal. */
    work: ({ context }) => leaseWorkMs(context.leaseMs, context.tookMs),
  },
});

/**
 * Who leads a coalition. Exactly one holder of the lease can be renewing it; at most one leads in an epoch, and
 * whoever led before is refused by the stores' fence, whatever the clocks did.
 *
 *     follower ──free or expired──▶ candidate ──taken──▶ leader
 *        ▲ ◀────refused, failed────────┘                    │
 *        └──────────────lost, or two thirds unrenewed───────┘        stop: ──▶ stopped
 *
 * Events that a state does not name are ignored there on purpose:
 * - `lease.read` outside `follower`: the answer to a look that came before the step now taken.
 * - `lease.taken`, `lease.refused` outside `candidate`: cannot come, as a candidate waits for its one answer, however
 *   long it takes; after `stopped` the lease runs out by itself.
 * - `lease.renewed`, `lease.lost` outside `leader`, or of another epoch: about a leadership that is over.
 * - `store.failed` of a step that the state does not wait for: of an earlier state.
 * - everything in `stopped`: it is over.
 */
export const candidateChart = chart.createMachine({
  id: 'candidate',
  context: ({ input }) => ({ ...input, epoch: 0, heartbeat: 0, tookMs: 0, observation: undefined }),
  initial: 'follower',
  states: {
    follower: {
      initial: 'looking',
      on: {
        // Also while waiting: a late look is as good as a new one.
        'lease.read': [
          { guard: 'mayTake', target: 'candidate', actions: 'observe' },
          { target: '.waiting', actions: 'observe' },
        ],
        stop: 'stopped',
      },
      states: {
        looking: {
          entry: { type: 'readLease', params: ({ context }) => ({ name: context.coalition }) },
          on: { 'store.failed': { guard: 'isReadFailure', target: 'waiting' } },
        },
        waiting: { after: { renewal: 'looking' } },
      },
    },
    candidate: {
      initial: 'taking',
      // No deadline: one that gave up might be given a lease that nobody knows it holds.
      entry: {
        type: 'takeLease',
        params: ({ context }) => ({
          name: context.coalition,
          holder: context.id,
          expected: context.observation?.state,
        }),
      },
      states: {
        taking: {
          on: {
            'lease.taken': {
              target: '#candidate.leader',
              actions: [
                'hold',
                { type: 'announceLeader', params: ({ context }) => ({ epoch: context.epoch }) },
              ],
            },
            'lease.refused': '#candidate.follower',
            // Not at once again: a store that reads but cannot write would be asked without end.
            'store.failed': { guard: 'isTakeFailure', target: '#candidate.follower.waiting' },
            stop: 'leaving',
          },
        },
        // The lease may be underway: it is waited for, and given back.
        leaving: {
          after: { renewal: '#candidate.stopped' },
          on: {
            'lease.taken': {
              target: '#candidate.stopped',
              actions: [
                'hold',
                { type: 'releaseLease', params: ({ context }) => ({ record: held(context) }) },
              ],
            },
            'lease.refused': '#candidate.stopped',
            'store.failed': { guard: 'isTakeFailure', target: '#candidate.stopped' },
            // `stop` again: it is on its way.
          },
        },
      },
    },
    leader: {
      initial: 'holding',
      after: {
        work: {
          target: 'follower',
          actions: [
            {
              type: 'stepDown',
              params: ({ context }) => ({ epoch: context.epoch, reason: 'unrenewed' as const }),
            },
            'letGo',
          ],
        },
      },
      on: {
        'lease.renewed': { guard: 'isThisTerm', target: 'leader', reenter: true, actions: 'hold' },
        'lease.lost': {
          guard: 'isThisTerm',
          target: 'follower',
          actions: [
            {
              type: 'stepDown',
              params: ({ context }) => ({ epoch: context.epoch, reason: 'lost' as const }),
            },
            'letGo',
          ],
        },
        stop: {
          target: 'stopped',
          actions: [
            {
              type: 'stepDown',
              params: ({ context }) => ({ epoch: context.epoch, reason: 'stop' as const }),
            },
            { type: 'releaseLease', params: ({ context }) => ({ record: held(context) }) },
            'letGo',
          ],
        },
      },
      states: {
        holding: { after: { renewal: 'renewing' } },
        renewing: {
          entry: { type: 'renewLease', params: ({ context }) => ({ record: held(context) }) },
          on: { 'store.failed': { guard: 'isRenewFailure', target: 'retrying' } },
        },
        retrying: { after: { retry: 'renewing' } },
      },
    },
    stopped: { type: 'final' },
  },
});
