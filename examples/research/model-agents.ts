import { defineAgent, type QueryPayload } from 'conclave';
import { findObjections } from './contrasting.js';
import { checkedIn, draftsIn, findingsIn, type ModelQuery, sourceKey } from './findings.js';
import { openModel } from './model.js';
import { findModelObjections } from './model-opposition.js';
import { modelSettings } from './model-settings.js';
import { synthesize } from './model-synthesis.js';

export { factChecker, searcher } from './agents.js';

/*
 * The research agents when a model is asked for. Its name comes with the query; where it is, and its key, stand in
 * the environment, which workers have from their parent. What it says is data: only the fact-checker, the same as
 * without a model, gives a verdict. A failure to answer is told in the result, not thrown: a task that throws is
 * tried again, and not every request may be made again.
 */
const settings = modelSettings(process.env);
/** Each task asks once. */
const limit = { max: settings.requestsPerMinute, periodMs: 60_000 };

type Payload = QueryPayload<ModelQuery>;

/** Drafts claims in the model's words, each with a quote from the passages it was given. */
export const synthesizer = defineAgent({
  name: 'synthesizer',
  after: ['searcher'],
  limit,
  handle: async ({ query }: Payload, context) => {
    const ask = await openModel({ name: query.model, settings });
    const known = new Set(checkedIn(context.state).map(({ source }) => sourceKey(source)));
    return synthesize(query.question, findingsIn(context.state), known, ask, context);
  },
});

/** Looks for what speaks against each claim, as without a model, and asks the model as well. */
export const contrarian = defineAgent({
  name: 'contrarian',
  after: ['synthesizer'],
  limit,
  handle: async ({ query }: Payload, context) => {
    const ask = await openModel({ name: query.model, settings });
    const drafts = draftsIn(context.state);
    const found = await findObjections(query.docs, drafts, context);
    const said = await findModelObjections(query, drafts, ask, context);
    return { ...said, objections: [...found, ...said.objections] };
  },
});
