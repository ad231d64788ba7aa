import { consumerChart } from './consumer.js';

/** Takes agents' results from the results queue into the one shared state, each once. */
export const aggregatorChart = consumerChart('aggregator');
