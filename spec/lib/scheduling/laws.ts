import { leastMakespanMs } from '../../../lib/scheduling/makespan.js';
import type { PoolRun } from './pool-model.js';
import type { PoolScript } from './pool-scripts.js';

/** What of a run breaks the law, in words; nothing where it is kept. */
export type Law = (run: PoolRun, script: PoolScript) => readonly string[];

/** Of two workers that are there and below their credit, over any run of tasks neither gets two more than the other. */
export const balance: Law = ({ placed }) => {
  const workers = [...new Set(placed.flatMap(({ present }) => present))];
  const pairs = workers.flatMap((left, at) => workers.slice(at + 1).map((right) => [left, right] as const));
  return pairs.filter(([left, right]) => spreadMax(placed, left, right) > 1).map((pair) => pair.join(' / '));
};

/** The most that the counts of two workers differ by over any run in which both are open. */
function spreadMax(placed: PoolRun['placed'], left: string, right: string): number {
  let [ahead, least, most, spread] = [0, 0, 0, 0];
  for (const { worker, open } of placed) {
    if (!open.includes(left) || !open.includes(right)) {
      [ahead, least, most] = [0, 0, 0];
      continue;
    }
    if (worker === left) ahead += 1;
    if (worker === right) ahead -= 1;
    least = Math.min(least, ahead);
    most = Math.max(most, ahead);
    spread = Math.max(spread, most - least);
  }
  return spread;
}

/** No worker has room and an empty line while a task waits that it may take. */
export const conservation: Law = ({ rests }) =>
  rests
    .filter(({ idle, waiting }) => idle.length > 0 && waiting > 0)
    .map(({ atMs, idle, waiting }) => `at ${atMs} ms ${idle.join(', ')} had room, and ${waiting} waited`);

/** The larger priority goes first, FIFO among equals. */
export const order: Law = ({ served }, { tasks }) => {
  const priorityOf = (seq: number) => tasks[seq]?.priority ?? Number.NaN;
  return overtaken(served, (waits, went) => {
    const ahead = priorityOf(waits) - priorityOf(went);
    return ahead > 0 || (ahead === 0 && waits < went);
  });
};

/** A task of priority p waits for none that was submitted more than (9 - p) times `ageingMs` after it. */
export const ageing =
  (ageingMs: number): Law =>
  ({ served }, { tasks }) =>
    overtaken(served, (waits, went) => {
      const [old, young] = [tasks[waits], tasks[went]];
      if (old === undefined || young === undefined) return true;
      return young.arrivesAtMs - old.arrivesAtMs > (9 - old.priority) * ageingMs;
    });

function overtaken(
  served: PoolRun['served'],
  isWrong: (waits: number, went: number) => boolean,
): readonly string[] {
  return served.flatMap(({ seq, waiting }) =>
    waiting.filter((waits) => isWrong(waits, seq)).map((waits) => `${seq} went before ${waits}`),
  );
}

/** Every task ends once, and begins once more only if a worker died over it. */
export const noneLostNoneTwice: Law = ({ begun, cutOff, finished }, { tasks }) =>
  tasks.flatMap((_, seq) => {
    const ended = finished.filter((one) => one.seq === seq).length;
    const begins = count(begun, seq) - count(cutOff, seq);
    return ended === 1 && begins === 1 ? [] : [`${seq} ended ${ended} times, and began ${begins}`];
  });

function count(seqs: readonly number[], wanted: number): number {
  return seqs.filter((seq) => seq === wanted).length;
}

/** A theft takes something, from a peer, that may be stolen: no task with a key. */
export const honestThefts: Law = ({ thefts }, { tasks }) =>
  thefts
    .filter(({ taken, isLegal }) => !isLegal || taken.some((seq) => tasks[seq]?.orderingKey !== undefined))
    .map(({ taken }) => `stole ${taken.join(', ') || 'nothing'}`);

/** A key stays with its worker while that lives, but for one that joined. */
export const affinity: Law = ({ placed }, { tasks }) => {
  const last = new Map<string, { readonly home: string; readonly present: ReadonlySet<string> }>();
  const strayed: string[] = [];
  for (const { seq, worker, present } of placed) {
    const key = tasks[seq]?.orderingKey;
    if (key === undefined || worker === undefined) continue;
    const [home, ids] = [idOf(worker), new Set(present.map(idOf))];
    const before = last.get(key);
    last.set(key, { home, present: ids });
    if (before === undefined || home === before.home || !ids.has(before.home)) continue;
    if (before.present.has(home)) strayed.push(`${key} went from ${before.home} to ${home}`);
  }
  return strayed;
};

function idOf(life: string): string {
  return life.slice(0, life.indexOf('#'));
}

/** When the last task ended, in parts of the least possible. */
export function makespanRatio({ finished }: PoolRun, { tasks, workers }: PoolScript): number {
  const makespanMs = Math.max(0, ...finished.map(({ atMs }) => atMs));
  const durationsMs = tasks.map(({ durationMs }) => durationMs);
  return makespanMs / leastMakespanMs(durationsMs, workers);
}

/** Done within `most` times the least possible time. */
export const makespanWithin =
  (most: number): Law =>
  (run, script) => {
    const ratio = makespanRatio(run, script);
    return ratio <= most ? [] : [`took ${ratio} of the ideal makespan`];
  };

/** What Graham showed of every schedule in which no worker is idle while a task waits. */
export const grahamsBound: Law = ({ finished }, { tasks, workers }) => {
  const durationsMs = tasks.map(({ durationMs }) => durationMs);
  const sumMs = durationsMs.reduce((sum, durationMs) => sum + durationMs, 0);
  const boundMs = sumMs / workers + (1 - 1 / workers) * Math.max(0, ...durationsMs);
  const makespanMs = Math.max(0, ...finished.map(({ atMs }) => atMs));
  return makespanMs <= boundMs + 1e-9 ? [] : [`took ${makespanMs} ms, the bound is ${boundMs} ms`];
};
