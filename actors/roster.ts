import { consumerChart } from './consumer.js';

/** Reads what pools that joined say of themselves, and keeps the roster of those that are there. */
export const rosterChart = consumerChart('roster');
