import type {
  Acknowledgement,
  Answer,
  CloseRequest,
  Fault,
  Receipt,
  ReceiveRequest,
  Refusal,
} from '../brokers/contract.js';
import type { BrokerCommand, LeaseHolders } from '../brokers/model.js';
import { type Envelope, type MessageId, messageId } from '../core/message.js';
import type { Encoded } from '../core/value.js';

/** A message to be published: `ahead` of the last number its producer tried (0 and less is a resend). */
export interface PlannedMessage {
  readonly producer: string;
  readonly ahead: number;
  readonly ownId: string | undefined;
  readonly isUnknownVersion: boolean;
  readonly agent: string;
  readonly orderingKey: string | undefined;
  readonly priority: number;
  readonly delayMs: number;
  readonly payload: string;
}

/** An answer that comes with a settlement: few tasks, so that some are answered twice. */
export interface PlannedAnswer {
  readonly task: string;
  readonly asker: string | undefined;
  readonly outcome: string;
}

/** A refusal, whichever delivery it is of. */
export interface PlannedRefusal {
  readonly type: 'nack';
  readonly picks: readonly number[];
  readonly fault: Fault;
  readonly delayMs: number;
  readonly attemptsMax: number;
  readonly answer: PlannedAnswer | undefined;
}

/** What a random step asks for; `pick` chooses, modulo their number, among the deliveries given out so far. */
export type LockstepCommand =
  | { readonly type: 'publish'; readonly messages: readonly PlannedMessage[] }
  | { readonly type: 'receive'; readonly request: ReceiveRequest }
  | { readonly type: 'ack'; readonly picks: readonly number[]; readonly answer: PlannedAnswer | undefined }
  | { readonly type: 'extend'; readonly picks: readonly number[]; readonly leaseMs: number }
  | PlannedRefusal
  | {
      readonly type: 'read';
      readonly asker: string;
      readonly max: number;
      readonly waitMs: number;
      /** Whether the reader goes on from the cursor that it gets; otherwise the page is asked for again. */
      readonly isTaken: boolean;
    }
  | { readonly type: 'find'; readonly task: string }
  /** Calls off one of those who wait, chosen modulo their number. */
  | { readonly type: 'callOff'; readonly pick: number }
  | { readonly type: 'advance'; readonly byMs: number }
  | { readonly type: 'close'; readonly request: CloseRequest }
  | { readonly type: 'reopen' }
  | { readonly type: 'idle' };

/** Commands at one go, after which alone the standings are compared, and which client asks for them. */
export interface LockstepMove {
  readonly commands: readonly LockstepCommand[];
  /** 0 or 1; the second one is the first where there is one client alone. */
  readonly client: number;
}

/** Moves one after the other, with one client or, of a broker that is shared, with two. */
export interface LockstepSequence {
  readonly clients: number;
  readonly moves: readonly LockstepMove[];
}

/** What a command means to the model, as things stand: the call it is or calls off, and where its reader is. */
export function modelCommand(
  command: LockstepCommand,
  receipts: readonly Receipt[],
  envelopes: readonly Envelope[],
  { call, place, holders }: { call: number; place: number; holders: LeaseHolders },
): BrokerCommand {
  switch (command.type) {
    case 'publish':
      return { type: 'publish', envelopes };
    case 'receive':
      return { ...command, call };
    case 'ack':
      return { type: 'ack', receipts: acknowledgements(receipts, command.answer) };
    case 'extend':
      return { type: 'extend', receipts, leaseMs: command.leaseMs };
    case 'nack':
      return { type: 'nack', refusals: refusals(receipts, command) };
    case 'read':
      return { ...command, call, place };
    case 'find':
      return { type: 'find', id: plannedTask(command.task) };
    case 'callOff':
      return { type: 'callOff', call };
    case 'reopen':
      return { type: 'reopen', holders };
    case 'idle':
      return { type: 'advance', byMs: 0 };
    default:
      return command;
  }
}

/** The task of that name. */
export function plannedTask(name: string): MessageId {
  return messageId(name);
}

/** One settlement of each delivery; the answer comes with the first. */
export function acknowledgements(
  receipts: readonly Receipt[],
  plan: PlannedAnswer | undefined,
): Acknowledgement[] {
  return receipts.map(({ seq, token }, at) => ({
    seq,
    token,
    answer: at === 0 ? answerOf(plan) : undefined,
  }));
}

/** One refusal of each delivery; the answer comes with the first. */
export function refusals(receipts: readonly Receipt[], plan: PlannedRefusal): Refusal[] {
  const { fault, delayMs, attemptsMax, answer } = plan;
  return receipts.map((receipt, at) => ({
    receipt,
    fault,
    delayMs,
    attemptsMax,
    reason: `refused as ${fault}`,
    answer: at === 0 ? answerOf(answer) : undefined,
  }));
}

function answerOf(plan: PlannedAnswer | undefined): Answer | undefined {
  if (plan === undefined) return undefined;
  // What a task ended with is opaque text to the broker, as the encoded text of a payload is.
  return { id: plannedTask(plan.task), asker: plan.asker, outcome: plan.outcome as Encoded };
}
