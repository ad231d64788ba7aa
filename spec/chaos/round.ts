import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../lib/core/errors.js';
import { seededRandom } from '../../lib/core/random.js';
import { FaultHands } from './fault-hands.js';
import { drawSchedule, type Fault } from './fault-schedule.js';
import { readHistory } from './journal.js';
import { Party } from './party.js';
import { drainNote, stopProducingNote } from './party-plan.js';
import { openScene, type Scene, type SceneName } from './scene.js';
import { judge, objections, type Verdict } from './verdict.js';

/** What is to be done. */
export interface RoundTerms {
  readonly broker: SceneName;
  readonly seed: number;
  readonly seconds: number;
  /** Only these faults; all that befall this broker if undefined. */
  readonly kinds?: Scene['kinds'];
  /** Whether the journals (and the file of a broker) of a round that is not clean stay, for whoever looks into it. */
  readonly keeps?: boolean;
}

/** What came of it. */
export interface RoundReport {
  readonly terms: RoundTerms;
  readonly verdict: Verdict;
  readonly faults: readonly Fault[];
  /** What was done when. */
  readonly log: readonly string[];
  /** What is wrong, for people; none if the round is clean. */
  readonly objections: readonly string[];
}

const LEASE_MS = 500;
/** Long enough for what is held back by leases, one key after another; a queue that is not empty by then never will be. */
const DRAIN_MS_MAX = 30_000;

/** Load under faults on a queue of its own, then a drain, then the judgement of all that the journals tell. */
export async function playRound(terms: RoundTerms): Promise<RoundReport> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-chaos-'));
  // Neither the parties nor the server keep this process: without it the round would end where it waits for them.
  const wait = setInterval(() => undefined, 1_000);
  let isKept = false;
  try {
    const scene = await openScene(terms.broker, folder, terms.seed);
    const report = await onScene(scene, (parties) => play(terms, scene, folder, parties), terms, folder);
    isKept = terms.keeps === true && report.objections.length > 0;
    return isKept ? { ...report, log: [...report.log, `journals: ${folder}`] } : report;
  } finally {
    clearInterval(wait);
    if (!isKept) rmSync(folder, { recursive: true, force: true });
  }
}

/** With all parties at work; afterwards nobody is left, nor the scene. */
async function onScene(
  scene: Scene,
  act: (parties: readonly Party[]) => Promise<RoundReport>,
  terms: RoundTerms,
  folder: string,
): Promise<RoundReport> {
  const parties: Party[] = [];
  try {
    for (const [at, lanes] of scene.parties.entries())
      parties.push(startParty(terms, scene, folder, lanes, at));
    return await act(parties);
  } finally {
    await Promise.all(parties.map((party) => party.kill()));
    await scene.close();
  }
}

function startParty(
  terms: RoundTerms,
  { place }: Scene,
  folder: string,
  lanes: Scene['parties'][number],
  at: number,
) {
  const seed = terms.seed * 100 + at;
  return new Party({
    name: `party-${at}`,
    folder,
    broker: place,
    queue: 'tasks',
    ...lanes,
    leaseMs: LEASE_MS,
    seed,
  });
}

async function play(
  terms: RoundTerms,
  scene: Scene,
  folder: string,
  parties: readonly Party[],
): Promise<RoundReport> {
  const faults = drawSchedule(seededRandom(terms.seed), {
    kinds: terms.kinds ?? scene.kinds,
    parties: parties.length,
    lengthMs: terms.seconds * 1_000,
    leaseMs: LEASE_MS,
    gapMs: scene.gapMs,
  });
  const hands = new FaultHands(parties, scene.shared);
  const broken: string[] = [];
  try {
    await Promise.all([hands.play(faults), pause(terms.seconds * 1_000)]);
    await drain(scene, folder, parties);
  } catch (error) {
    broken.push(messageOf(error));
  }
  const journals = parties.flatMap((party) => party.journals);
  const judged = judge(readHistory(journals, scene.shared !== undefined));
  // Of a queue that was not drained nobody can say what it has lost.
  const verdict = broken.length === 0 ? judged : { ...judged, lost: [] };
  return { terms, verdict, faults, log: hands.log, objections: [...broken, ...objections(verdict)] };
}

/** First whoever only produces, then whoever consumes: the queue is empty only once nothing more can come. */
async function drain({ parties: lanes }: Scene, folder: string, parties: readonly Party[]): Promise<void> {
  writeFileSync(stopProducingNote(folder), '');
  const producing = parties.filter((_, at) => lanes[at]?.consumers === 0);
  await Promise.all(producing.map((party) => party.done(DRAIN_MS_MAX)));
  writeFileSync(drainNote(folder), '');
  await Promise.all(parties.map((party) => party.done(DRAIN_MS_MAX)));
}
