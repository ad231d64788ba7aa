export type { LeaseHolders } from '../brokers/model.js';
export { brokerConformance, type ConformanceTest } from './broker-conformance.js';
export type { BrokerFactory, BrokerTrait, BrokerUnderTest } from './broker-under-test.js';
export { testEnvelope, testEnvelopes } from './envelopes.js';
export { ManualClock } from './manual-clock.js';
export type { ConformanceOptions } from './model-comparison.js';
export { type ProbedEvent, type ProbeHost, TestProbe } from './probe.js';
