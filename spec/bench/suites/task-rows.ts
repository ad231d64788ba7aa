import { PLAYERS } from '../programs.js';
import { type Goal, nodeSide, type Row, type Side } from '../row.js';

/* Enough for a tenth of a second and more; the figure is a rate, so that the sides need not play as many. */
const CONCLAVE_TASKS = 100_000;
const PEER_TASKS = 20_000;
/** Inputs of `map` under way at once. */
const CONCURRENCY = 16_384;
const STRESS_MESSAGES = 10_000;
const ISOLATIONS = [
  { isolation: 'process', many: '2 processes' },
  { isolation: 'thread', many: '2 threads' },
] as const;
const WORKS = [
  { work: 'square', what: 'squares', ofPeer: { atLeast: 25, aim: 60 }, ofLimit: { atLeast: 1, aim: 2 } },
  {
    work: 'order',
    what: '154 bytes',
    ofPeer: { atLeast: 9, aim: 15 },
    ofLimit: { atLeast: 0.8, aim: 1.3 },
  },
] as const;

function conclave(play: string, setting: object): Side {
  return nodeSide('conclave', 'conclave-tasks', play, { tasks: CONCLAVE_TASKS, ...setting });
}

function piscina(work: string): Side {
  return nodeSide('piscina, 2 threads', 'piscina', 'all', { work, tasks: PEER_TASKS });
}

function ofPeer(atLeast: number, aim: number): Goal {
  return { of: 'peer', atLeast, aim };
}

const tasksASecond = { unit: 'tasks/s', better: 'more' } as const;

const mapRows: readonly Row[] = WORKS.flatMap(({ work, what, ofPeer: peerGoal, ofLimit }) =>
  ISOLATIONS.map(({ isolation, many }) => ({
    ...tasksASecond,
    name: `tasks: map, ${what}, ${many}`,
    conclave: conclave('map', { isolation, work, concurrency: CONCURRENCY }),
    peer: piscina(work),
    limit: nodeSide('arrays of 256, nothing kept', 'raw-frames', isolation, { work, tasks: CONCLAVE_TASKS }),
    goals: [
      { of: 'peer', ...peerGoal },
      { of: 'limit', ...ofLimit },
    ],
  })),
);

const handleRows: readonly Row[] = [
  { work: 'square', what: 'squares', goal: ofPeer(12, 25) },
  { work: 'order', what: '154 bytes', goal: ofPeer(7, 10) },
].map(({ work, what, goal }) => ({
  ...tasksASecond,
  name: `tasks: submitAll, a handle each, ${what}, 2 processes`,
  conclave: conclave('submitAll', { isolation: 'process', work }),
  peer: piscina(work),
  goals: [goal],
}));

/** The rows that need a Python, with that one. */
export function pythonRows(python: string): readonly Row[] {
  const queue = (name: string, kind: string): Side => ({
    name,
    command: [python, `${PLAYERS}process_queue.py`, JSON.stringify({ kind, messages: STRESS_MESSAGES })],
  });
  const stress = {
    unit: 'messages/s',
    better: 'more',
    conclave: conclave('map', { isolation: 'process', work: 'square', tasks: STRESS_MESSAGES, runs: 5 }),
  } as const;
  return [
    {
      ...tasksASecond,
      name: "tasks: map, squares, against Python's executor",
      conclave: conclave('map', { isolation: 'process', work: 'square', concurrency: CONCURRENCY }),
      peer: {
        name: 'ProcessPoolExecutor',
        command: [python, `${PLAYERS}process_pool.py`, JSON.stringify({ tasks: 5_000 })],
      },
      goals: [ofPeer(100, 250)],
    },
    {
      ...stress,
      name: 'tasks: stress of 10,000 messages, 2 processes',
      peer: queue('Manager().Queue', 'manager'),
      goals: [ofPeer(40, 100)],
    },
    {
      ...stress,
      name: 'tasks: the same stress, another queue',
      peer: queue('multiprocessing.Queue', 'plain'),
    },
  ];
}

const ENDLESS = { forMs: 3_000, concurrency: CONCURRENCY };
const RETRIES = { tasks: CONCLAVE_TASKS, concurrency: CONCURRENCY };

/** What a fault costs: Conclave beside itself undisturbed. */
const faultRows: readonly Row[] = [
  {
    ...tasksASecond,
    name: 'tasks: 3 s of squares, one of 2 processes killed half-way',
    conclave: nodeSide('conclave', 'conclave-endless', 'killed', ENDLESS),
    peer: nodeSide('undisturbed', 'conclave-endless', 'undisturbed', ENDLESS),
    goals: [ofPeer(0.9, 0.97)],
    rounds: { warmUp: 1, counted: 3 },
  },
  {
    ...tasksASecond,
    name: 'tasks: squares, 1 % fail and are retried',
    conclave: nodeSide('conclave', 'conclave-retries', 'map', { ...RETRIES, failsEvery: 100 }),
    peer: nodeSide('none fails', 'conclave-retries', 'map', { ...RETRIES, failsEvery: 0 }),
    goals: [ofPeer(0.75, 0.9)],
  },
];

/** One task at a time, from its submit to its result. The goals are the turned round: times faster, not times slower. */
const loneRows: readonly Row[] = ISOLATIONS.flatMap(({ isolation, many }) =>
  [50, 99].map((percentile): Row => {
    const goal = isolation === 'thread' ? ofPeer(1, 1 / 0.7) : ofPeer(1 / 1.5, 1);
    return {
      unit: 'µs',
      better: 'less',
      name: `tasks: a lone task, p${percentile}, ${many}`,
      conclave: nodeSide('conclave', 'conclave-tasks', 'lone', { isolation, percentile }),
      peer: nodeSide('piscina, 2 threads', 'piscina', 'lone', { percentile }),
      ...(percentile === 50 && { goals: [goal] }),
    };
  }),
);

/** Tasks on two workers, beside pools of others. */
export const taskRows: readonly Row[] = [...mapRows, ...handleRows, ...faultRows, ...loneRows];
