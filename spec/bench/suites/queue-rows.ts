import { type Goal, nodeSide, type Row, type Side } from '../row.js';

const MESSAGES = 400_000;
const BY = 64;
const MILLION = 1_000_000;

function conclave(play: string, setting: object = {}, name = 'conclave'): Side {
  return nodeSide(name, 'conclave-memory', play, { messages: MESSAGES, by: BY, ...setting });
}

/** As a program has it that reads a source: the next item is pushed when one is done, so that memory stays bounded. */
const WINDOW = { width: 1_024, moves: true };

function inProcess(name: string, play: string, setting: object = {}): Side {
  return nodeSide(name, 'in-process', play, {
    messages: MESSAGES,
    window: WINDOW,
    concurrency: BY,
    ...setting,
  });
}

const fastq = inProcess('fastq.promise', 'fastq');

function ofPeer(atLeast: number, aim: number): readonly Goal[] {
  return [{ of: 'peer', atLeast, aim }];
}

const messagesASecond = { unit: 'messages/s', better: 'more' } as const;

/** Publish, receive and ack inside one process, beside queues of one process. */
export const queueRows: readonly Row[] = [
  {
    ...messagesASecond,
    name: 'queue: publish, receive, ack by 64',
    conclave: conclave('pass'),
    peer: fastq,
    goals: ofPeer(4, 8),
  },
  {
    ...messagesASecond,
    name: "queue: the same with callers' ids",
    conclave: conclave('pass', { ownIds: true }),
    peer: fastq,
    goals: ofPeer(0.7, 1.5),
  },
  {
    ...messagesASecond,
    name: 'queue: one by one, each awaited',
    conclave: conclave('pass', { by: 1 }),
    peer: fastq,
    goals: ofPeer(0.5, 1.2),
  },
  {
    ...messagesASecond,
    name: 'queue: by 64, against another',
    conclave: conclave('pass'),
    peer: inProcess('p-queue', 'pQueue', { messages: 50_000 }),
  },
  {
    ...messagesASecond,
    name: 'queue: by 64, against fastq by 1,024 at once',
    conclave: conclave('pass'),
    peer: inProcess('fastq.promise', 'fastq', { window: { width: 1_024, moves: false } }),
  },
  {
    ...messagesASecond,
    name: 'queue: by 64, with 1,000,000 queued',
    conclave: conclave('pass', { queued: MILLION }),
    peer: conclave('pass', { queued: 10_000 }, '10,000 queued'),
    goals: ofPeer(0.6, 0.8),
  },
  {
    name: 'queue: a message of 1,000,000 queued, beside its payload',
    unit: 'bytes',
    better: 'less',
    conclave: conclave('bytes', { messages: MILLION }),
    goals: [{ of: 'figure', atLeast: 100, aim: 60 }],
    rounds: { warmUp: 0, counted: 3 },
  },
];
