import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reachedOf } from './goals.js';
import type { Rounds, Row, RowResult, Side } from './row.js';
import { SideProcess } from './side-process.js';

const ROUNDS: Rounds = { warmUp: 2, counted: 5 };

/** Plays a row: every side in a process of its own, round by round in turn, so that a slow minute is everybody's. */
export async function measure(row: Row, rounds: Rounds = row.rounds ?? ROUNDS): Promise<RowResult> {
  const { warmUp, counted } = rounds;
  const sides = [row.conclave, row.peer, row.limit].filter((side): side is Side => side !== undefined);
  const figures = new Map<Side, number[]>(sides.map((side) => [side, []]));
  const players = new Map<Side, SideProcess>();
  // Whatever a side leaves behind, one that had to be killed above all, goes with this folder.
  const folder = mkdtempSync(join(tmpdir(), 'conclave-bench-'));
  try {
    for (const side of sides) players.set(side, await SideProcess.start(side, { TMPDIR: folder }));
    for (let round = 0; round < warmUp + counted; round += 1) {
      for (const [side, player] of players) {
        const figure = await player.round();
        if (round >= warmUp) figures.get(side)?.push(figure);
      }
    }
  } finally {
    await Promise.all([...players.values()].map((player) => player.end()));
    rmSync(folder, { recursive: true, force: true });
  }
  return resultOf(row, (side) => (side === undefined ? null : median(figures.get(side) ?? [])));
}

function resultOf(row: Row, figureOf: (side: Side | undefined) => number | null): RowResult {
  const { name, unit, better } = row;
  const conclave = figureOf(row.conclave) ?? Number.NaN;
  const peer = figureOf(row.peer);
  const limit = figureOf(row.limit);
  const over = (other: number | null) => {
    if (other === null) return null;
    return rounded(better === 'more' ? conclave / other : other / conclave);
  };
  const result = {
    name,
    unit,
    conclave: rounded(conclave),
    peer: peer === null ? null : rounded(peer),
    peerName: row.peer?.name ?? null,
    ratio: over(peer),
    limit: limit === null ? null : rounded(limit),
    ofLimit: over(limit),
  };
  return { ...result, goals: reachedOf(row, result) };
}

/** The middle one, or the mean of the two. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((left, right) => left - right);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** Three figures that count are more than a measurement has. */
function rounded(figure: number): number {
  return Number(figure.toPrecision(3));
}
