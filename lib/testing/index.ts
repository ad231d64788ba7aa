export { brokerConformance, type ConformanceOptions, type ConformanceTest } from './broker-conformance.js';
export type { BrokerFactory, BrokerTrait, BrokerUnderTest } from './broker-under-test.js';
export { testEnvelope, testEnvelopes } from './envelopes.js';
export { ManualClock } from './manual-clock.js';
export { type ProbedEvent, type ProbeHost, TestProbe } from './probe.js';
