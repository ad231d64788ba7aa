import { consumerChart } from './consumer.js';

/** Copies a query's shared state from a pool's inbox, so that the workers of that pool can run its tasks. */
export const mirrorChart = consumerChart('mirror');
