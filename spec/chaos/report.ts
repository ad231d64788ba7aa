import type { RoundReport } from './round.js';

/** What all rounds of a run add up to, as the command prints it. */
export interface Summary {
  readonly rounds: number;
  readonly messages: number;
  readonly deliveries: number;
  /** How many of each kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly unexpected: number;
  readonly duplicated: number;
  readonly recovered: number;
  readonly staleAcks: number;
  readonly disordered: number;
  /** Rounds that could not be played to their end, or were not clean. */
  readonly failed: number;
}

/** `messages` are those accepted. */
export function summarize(reports: readonly RoundReport[]): Summary {
  const sum = (count: (report: RoundReport) => number) =>
    reports.reduce((total, report) => total + count(report), 0);
  const faults: Record<string, number> = {};
  for (const { kind } of reports.flatMap((report) => report.faults)) faults[kind] = (faults[kind] ?? 0) + 1;
  return {
    rounds: reports.length,
    messages: sum(({ verdict }) => verdict.accepted),
    deliveries: sum(({ verdict }) => verdict.deliveries),
    faults,
    lost: sum(({ verdict }) => verdict.lost.length),
    unexpected: sum(({ verdict }) => verdict.unexpected.length),
    duplicated: sum(({ verdict }) => verdict.duplicated.length),
    recovered: sum(({ verdict }) => verdict.recovered.length),
    staleAcks: sum(({ verdict }) => verdict.staleAcks.length),
    disordered: sum(({ verdict }) => verdict.disordered.length),
    failed: reports.filter(({ objections }) => objections.length > 0).length,
  };
}

/** One line. */
export function describeRound({ terms, verdict, faults, objections }: RoundReport): string {
  const { accepted, attempted, deliveries, recovered } = verdict;
  return [
    `${terms.broker}, seed ${terms.seed}: ${accepted} accepted of ${attempted}`,
    `${deliveries} deliveries, ${faults.length} faults, ${recovered.length} recovered`,
    objections.length === 0 ? 'clean' : 'NOT CLEAN',
  ].join(', ');
}

/** All that helps whoever looks into a round that was not clean; '' for a clean one. */
export function explainRound({ terms, objections, log }: RoundReport): string {
  if (objections.length === 0) return '';
  const minutes = (terms.seconds / 60).toFixed(2);
  return [
    ...objections,
    `the same faults again: npm run chaos -- brokers --broker ${terms.broker} --seed ${terms.seed} --minutes ${minutes}`,
    'what was done:',
    ...log.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
