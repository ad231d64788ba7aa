import { defineCoalition } from 'conclave';
import { answerInWords } from './answering.js';
import { modelFailuresIn } from './findings.js';
import { prepareQuery } from './preparing.js';

/** The research coalition: asks a folder of documents a question, and answers with claims and their sources. */
export default defineCoalition({
  name: 'research',
  agents: ({ model }) => new URL(model === undefined ? './agents.js' : './model-agents.js', import.meta.url),
  loops: 2,
  prepare: prepareQuery,
  answer: answerInWords,
  failures: modelFailuresIn,
});
