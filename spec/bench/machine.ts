import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

const BYTES_PER_GIB = 2 ** 30;

/** What a run was on, for people: its processor, memory, Node and system, and no name of it. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const memory = `${Math.round(totalmem() / BYTES_PER_GIB)} GiB`;
  const system = `${type()} ${release().split('.').slice(0, 2).join('.')}`;
  return `${model}, ${availableParallelism()} cores, ${memory}, Node ${process.versions.node}, ${system}`;
}

/** How much of its processors is idle, 0 to 1, over that many milliseconds. */
export async function idleShare(overMs: number): Promise<number> {
  const before = times();
  await new Promise((resolve) => setTimeout(resolve, overMs));
  const after = times();
  const passed = after.all - before.all;
  return passed === 0 ? 1 : (after.idle - before.idle) / passed;
}

function times(): { readonly idle: number; readonly all: number } {
  let idle = 0;
  let all = 0;
  for (const { times: spent } of cpus()) {
    idle += spent.idle;
    for (const ms of Object.values(spent)) all += ms;
  }
  return { idle, all };
}
