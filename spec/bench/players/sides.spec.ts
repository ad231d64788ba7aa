import { expect } from 'chai';
import type { Play } from '../play.js';
import { plays as compiled } from './compiled-charts.js';
import { plays as actors } from './conclave-actors.js';
import { plays as memory } from './conclave-memory.js';
import { plays as effect } from './effect-entity.js';
import { plays as queues } from './in-process.js';
import { plays as nact } from './nact-actors.js';
import { plays as xstate } from './xstate-actors.js';

const pushed = (moves: boolean) => ({ messages: 300, window: { width: 64, moves }, concurrency: 16 });

/* A round checks its own result: two of them, that nothing of the first is in the way of the second. */
const sides: Readonly<Record<string, () => Promise<Play>>> = {
  'the memory broker, by 64': () => memory.pass({ messages: 300, by: 64 }),
  "the memory broker, callers' ids": () => memory.pass({ messages: 300, by: 64, ownIds: true }),
  'the memory broker, one by one': () => memory.pass({ messages: 100, by: 1 }),
  'the memory broker, on a backlog': () => memory.pass({ messages: 300, by: 64, queued: 1_000 }),
  'fastq, its window moving': () => queues.fastq(pushed(true)),
  'fastq, by parts': () => queues.fastq(pushed(false)),
  'p-queue': () => queues.pQueue(pushed(true)),
  'our send': () => actors.send({ events: 20_000 }),
  'our flat chart': () => actors.chart({ chart: 'flat', times: 10 }),
  'our nested chart': () => actors.chart({ chart: 'nested', times: 10 }),
  'our parallel chart': () => actors.chart({ chart: 'parallel', times: 10 }),
  'our flat chart, compiled': () => compiled.step({ chart: 'flat', times: 10 }),
  'our nested chart, compiled': () => compiled.step({ chart: 'nested', times: 10 }),
  'our parallel chart, compiled': () => compiled.step({ chart: 'parallel', times: 10 }),
  'our ping-pong': () => actors.pingPong({ events: 100 }),
  'our ask': () => actors.ask({ events: 100 }),
  'the send of nact': () => nact.send({ events: 100 }),
  'the ping-pong of nact': () => nact.pingPong({ events: 100 }),
  'the query of nact': () => nact.query({ events: 100 }),
  'the send of xstate': () => xstate.send({ events: 100 }),
  'the flat chart of xstate': () => xstate.chart({ chart: 'flat', times: 10 }),
  'the nested chart of xstate': () => xstate.chart({ chart: 'nested', times: 10 }),
  'the parallel chart of xstate': () => xstate.chart({ chart: 'parallel', times: 10 }),
  'the entity of Effect': () => effect.ask({ events: 20 }),
};

describe('a side of the benchmarks', () => {
  for (const [name, open] of Object.entries(sides))
    it(`that is ${name} comes to a right result, again and again`, async () => {
      const play = await open();
      try {
        expect(await play.round()).to.be.greaterThan(0);
        expect(await play.round()).to.be.greaterThan(0);
      } finally {
        await play.close();
      }
    });
});
