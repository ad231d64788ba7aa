import type { AgentContext, LoadedAgent } from '../host/contract.js';

/** The agents that a module, as `typeof import('./agents.js')`, exports. */
type AgentsIn<Module> = Extract<Module[keyof Module], LoadedAgent>;

/** The names one can submit to; any string when the module's type is not given. */
export type AgentName<Module> = unknown extends Module ? string : AgentsIn<Module>['name'];

type AgentCalled<Module, Name> = Extract<AgentsIn<Module>, { readonly name: Name }>;

/** What the agent of that name takes. */
export type PayloadOf<Module, Name> = unknown extends Module
  ? unknown
  : AgentCalled<Module, Name> extends {
        readonly handle: (payload: infer Payload, context: AgentContext) => unknown;
      }
    ? Payload
    : never;

/** What the agent of that name answers. */
export type ResultOf<Module, Name> = unknown extends Module
  ? unknown
  : AgentCalled<Module, Name> extends {
        readonly handle: (payload: never, context: AgentContext) => infer Result;
      }
    ? Awaited<Result>
    : never;
