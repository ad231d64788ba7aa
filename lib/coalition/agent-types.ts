import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { AnyActorLogic, InputFrom, OutputFrom } from 'xstate';
import type { AgentContext, LoadedAgent } from '../host/contract.js';

/** The agents that a module, as `typeof import('./agents.js')`, exports, by themselves or in lists. */
type AgentsIn<Module> = Extract<
  Module[keyof Module] | Extract<Module[keyof Module], readonly unknown[]>[number],
  LoadedAgent
>;

/** The names one can submit to; any string when the module's type is not given. */
export type AgentName<Module> = unknown extends Module ? string : AgentsIn<Module>['name'];

/** The agent of that name. */
type AgentCalled<Module, Name> = Extract<AgentsIn<Module>, { readonly name: Name }>;

/** What the agent of that name takes: the input of its logic or of its schema, or what its handler says. */
export type PayloadOf<Module, Name> = unknown extends Module
  ? unknown
  : PayloadOfAgent<AgentCalled<Module, Name>>;

/** What that agent takes. */
type PayloadOfAgent<Agent> = Agent extends { readonly logic: infer Logic extends AnyActorLogic }
  ? InputFrom<Logic>
  : Agent extends { readonly input: infer Schema extends StandardSchemaV1 }
    ? StandardSchemaV1.InferInput<Schema>
    : Agent extends { readonly handle: (payload: infer Payload, context: AgentContext) => unknown }
      ? Payload
      : never;

/** What the agent of that name answers: the output of its logic, or what its handler returns. */
export type ResultOf<Module, Name> = unknown extends Module
  ? unknown
  : ResultOfAgent<AgentCalled<Module, Name>>;

/** What that agent answers. */
type ResultOfAgent<Agent> = Agent extends { readonly logic: infer Logic extends AnyActorLogic }
  ? OutputFrom<Logic>
  : Agent extends { readonly handle: (payload: never, context: AgentContext) => infer Result }
    ? Awaited<Result>
    : never;
