import { defineCoalition, type SharedState } from '../../../../lib/index.js';

/** Answers every question; asked to 'spin', its agent never gives its thread back, and to be 'slow', it takes its time. */
export default defineCoalition({
  name: 'answers',
  agents: new URL('./answers-agents.js', import.meta.url),
  workers: 1,
  answer: (state: SharedState) => `${state.latest('second')} (${state.results.length} results)`,
});
