import {
  type ActionFunction,
  type EventObject,
  type MachineContext,
  type ParameterizedObject,
  sendTo,
} from 'xstate';
import type { ReplyTo } from './asks.js';

/** What a chart knows when it answers. */
export interface AnswerArgs<Context, Event> {
  /** The chart's context when it answers. */
  readonly context: Context;
  /** The event at hand. */
  readonly event: Event;
}

/** Where a later answer goes; the event at hand's own `replyTo` where it is left out. */
export interface RespondOptions<Context, Event, Answer> {
  /** The address that was kept, as a function of context and event. */
  readonly to: (args: AnswerArgs<Context, Event>) => ReplyTo<Answer> | string | undefined;
}

/**
 * An action that answers an `ask`: the value, or a function of context and event that gives it. With `to` it
 * answers one asked earlier, whose `replyTo` was kept. An answer that nobody waits for is a dead letter.
 */
export function respond<
  Context extends MachineContext,
  ExpressionEvent extends EventObject,
  Params extends ParameterizedObject['params'] | undefined,
  Event extends EventObject,
  Answer,
>(
  answer: Answer | ((args: AnswerArgs<Context, ExpressionEvent>) => Answer),
  options?: RespondOptions<Context, ExpressionEvent, Answer>,
): ActionFunction<Context, ExpressionEvent, Event, Params, never, never, never, never, never> {
  return sendTo(
    ({ context, event, system }) =>
      system.get(options?.to({ context, event }) ?? replyToOf(event) ?? 'reply:'),
    ({ context, event }) => ({
      type: 'conclave.reply',
      value: isFunction(answer) ? answer({ context, event }) : answer,
    }),
  );
}

function replyToOf(event: EventObject): string | undefined {
  return 'replyTo' in event && typeof event.replyTo === 'string' ? event.replyTo : undefined;
}

function isFunction<Args, Answer>(
  answer: Answer | ((args: Args) => Answer),
): answer is (args: Args) => Answer {
  return typeof answer === 'function';
}
