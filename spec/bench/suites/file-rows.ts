import { nodeSide, type Row } from '../row.js';

const SETTING = { messages: 51_200, publishBy: 64, ackBy: 256, inFlight: 4 };
const BACKLOG = { ...SETTING, messages: 100_000, publishBy: 256 };

/** What the file broker does beside a log written by hand and beside libsql alone. */
export const fileRows: readonly Row[] = [
  {
    name: 'file: publish by 64, ack by 256 at random',
    unit: 'messages/s',
    better: 'more',
    conclave: nodeSide('conclave', 'conclave-file', 'publishAndAck', SETTING),
    limit: nodeSide('a hand-written log', 'fsync-log', 'publishAndAck', SETTING),
  },
  {
    name: "file: publish by 64, callers' own ids",
    unit: 'messages/s',
    better: 'more',
    conclave: nodeSide('conclave', 'conclave-file', 'publishOwnIds', SETTING),
    limit: nodeSide("libsql's inserts", 'libsql-rows', 'insert', SETTING),
  },
  {
    name: 'file: replay of 100,000',
    unit: 'ms',
    better: 'less',
    conclave: nodeSide('conclave', 'conclave-file', 'replay', BACKLOG),
  },
];
