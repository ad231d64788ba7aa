import { defineAgent, type QueryPayload } from 'conclave';
import { findObjections } from './contrasting.js';
import { draftClaims } from './drafting.js';
import { checkedIn, draftsIn, findingsIn, objectionsIn, type ResearchQuery, sourceKey } from './findings.js';
import { quoteChecker } from './quotes.js';
import { findPassages } from './searching.js';
import { judge } from './verdicts.js';
import { wideningTerms } from './widening.js';

type Payload = QueryPayload<ResearchQuery>;

/** Finds the passages that fit the question; from the second loop on also by what supported claims have in common. */
export const searcher = defineAgent({
  name: 'searcher',
  handle: ({ query }: Payload, context) =>
    findPassages(query, wideningTerms(query.question, checkedIn(context.state)), context),
});

/** Drafts claims: sentences of those passages that answer the question, each with file, line and verbatim quote. */
export const synthesizer = defineAgent({
  name: 'synthesizer',
  after: ['searcher'],
  handle: ({ query }: Payload, { state }) => {
    const known = new Set(checkedIn(state).map(({ source }) => sourceKey(source)));
    return { claims: draftClaims(query.question, findingsIn(state), known) };
  },
});

/** Looks for what stands anywhere in the folder against each claim. */
export const contrarian = defineAgent({
  name: 'contrarian',
  after: ['synthesizer'],
  handle: async ({ query }: Payload, context) => ({
    objections: await findObjections(query.docs, draftsIn(context.state), context),
  }),
});

/** Opens every source again, gives each claim its verdict, and publishes it once. */
export const factChecker = defineAgent({
  name: 'fact-checker',
  after: ['contrarian'],
  handle: async ({ query }: Payload, context) => {
    const stands = quoteChecker(query.docs);
    const objections = objectionsIn(context.state);
    const claims = [];
    for (const draft of draftsIn(context.state)) {
      context.signal.throwIfAborted();
      const claim = await judge(draft, objections, stands);
      context.claim({ text: claim.text, sources: [claim.source, ...claim.against], verdict: claim.verdict });
      claims.push(claim);
    }
    return { claims };
  },
});
