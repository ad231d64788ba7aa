import { consumerChart } from './consumer.js';

/** Persists claims from the claims queue, each once, in publish order; ends after the queue is drained. */
export const storageChart = consumerChart('storage');
