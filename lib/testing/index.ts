export { ManualClock } from './manual-clock.js';
export { type ProbedEvent, type ProbeHost, TestProbe } from './probe.js';
