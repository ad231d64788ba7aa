import { found } from '../programs.js';
import type { OpenSuite, Suite } from '../row.js';
import { actorRows, chartRows, erlangRows } from './actor-rows.js';

/** The actor system, beside others. */
export const actors: Suite = {
  name: 'actors',
  parts: [
    { name: 'actors', open: async () => opened() },
    { name: 'charts', open: async () => ({ rows: chartRows, skipped: [], close: async () => undefined }) },
  ],
};

function opened(): OpenSuite {
  const hasErlang = found(['erl'], '-noshell', '-eval', 'halt().') !== undefined;
  return {
    rows: hasErlang ? [...actorRows, ...erlangRows] : actorRows,
    skipped: hasErlang ? [] : ['no Erlang (erl) was found on the PATH: its processes are left out'],
    close: async () => undefined,
  };
}
