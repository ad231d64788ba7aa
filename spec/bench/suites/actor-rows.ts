import { PLAYERS } from '../programs.js';
import { type Goal, nodeSide, type Row, type Side } from '../row.js';

/* For each side what takes it some tenths of a second; the figure is a rate. */
const EVENTS = 2_000_000;
const XSTATE_EVENTS = 500_000;
const BALLS = 1_000_000;
const NACT_EVENTS = 100_000;
const QUESTIONS = 200_000;
const NACT_QUESTIONS = 50_000;
const EFFECT_QUESTIONS = 5_000;

function conclave(play: string, setting: object): Side {
  return nodeSide('conclave', 'conclave-actors', play, setting);
}

function ofPeer(atLeast: number, aim: number): readonly Goal[] {
  return [{ of: 'peer', atLeast, aim }];
}

/** Actors that are functions of state and event, beside nact, xstate, and an entity of Effect's cluster. */
export const actorRows: readonly Row[] = [
  {
    name: 'actors: send to a reducer',
    unit: 'events/s',
    better: 'more',
    conclave: conclave('send', { events: EVENTS }),
    peer: nodeSide("nact's dispatch", 'nact-actors', 'send', { events: NACT_EVENTS }),
    goals: ofPeer(15, 40),
  },
  {
    name: 'actors: the same send, against plain xstate',
    unit: 'events/s',
    better: 'more',
    conclave: conclave('send', { events: EVENTS }),
    peer: nodeSide('plain xstate', 'xstate-actors', 'send', { events: XSTATE_EVENTS }),
    goals: ofPeer(4, 8),
  },
  {
    name: 'actors: ping-pong of two',
    unit: 'events/s',
    better: 'more',
    conclave: conclave('pingPong', { events: BALLS }),
    peer: nodeSide('nact', 'nact-actors', 'pingPong', { events: NACT_EVENTS }),
    goals: ofPeer(10, 25),
  },
  {
    name: 'actors: ask in sequence',
    unit: 'answers/s',
    better: 'more',
    conclave: conclave('ask', { events: QUESTIONS }),
    peer: nodeSide("nact's query", 'nact-actors', 'query', { events: NACT_QUESTIONS }),
    goals: ofPeer(5, 10),
  },
  {
    name: 'actors: ask in sequence, against a cluster entity',
    unit: 'answers/s',
    better: 'more',
    conclave: conclave('ask', { events: QUESTIONS }),
    peer: nodeSide("Effect's entity", 'effect-entity', 'ask', { events: EFFECT_QUESTIONS }),
    goals: ofPeer(50, 100),
  },
];

function erlang(play: string, count: number): Side {
  return { name: 'Erlang', command: ['escript', `${PLAYERS}actors.escript`, play, String(count)] };
}

/** Beside processes of Erlang, which run on every processor, where ours share a thread. */
export const erlangRows: readonly Row[] = [
  {
    name: 'actors: the same send, against Erlang',
    unit: 'events/s',
    better: 'more',
    conclave: conclave('send', { events: EVENTS }),
    peer: erlang('send', EVENTS),
  },
  {
    name: 'actors: ping-pong of two, against Erlang',
    unit: 'events/s',
    better: 'more',
    conclave: conclave('pingPong', { events: BALLS }),
    peer: erlang('ping_pong', BALLS),
  },
  {
    name: 'actors: ask in sequence, against Erlang',
    unit: 'answers/s',
    better: 'more',
    conclave: conclave('ask', { events: QUESTIONS }),
    peer: erlang('ask', QUESTIONS),
  },
];

const CHARTS = [
  { chart: 'flat', what: 'flat', times: 300_000, goals: ofPeer(25, 80) },
  { chart: 'nested', what: 'two levels, guard and assign', times: 50_000, goals: ofPeer(12, 28) },
  { chart: 'parallel', what: 'parallel and history', times: 20_000, goals: ofPeer(4, 10) },
] as const;
/** xstate is slower by so much that it need not go round as often. */
const OF_TIMES = 0.05;

/** Charts, sent to and compiled by themselves, beside xstate's own actor of the same chart. */
export const chartRows: readonly Row[] = [
  ['send', 'conclave-actors', 'chart'],
  ['steps alone', 'compiled-charts', 'step'],
].flatMap(([way = '', module = '', play = '']) =>
  CHARTS.map(
    ({ chart, what, times, goals }): Row => ({
      name: `charts: ${way}, ${what}`,
      unit: 'events/s',
      better: 'more',
      conclave: nodeSide('conclave', module, play, { chart, times }),
      peer: nodeSide('createActor', 'xstate-actors', 'chart', { chart, times: times * OF_TIMES }),
      goals,
    }),
  ),
);
