import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openClaimStore } from '../../../lib/storage/open.js';
import { claim } from './scratch.js';

/*
 * What the storage specs run as a process of its own:
 *   write PATH PREFIX COUNT   appends COUNT claims one by one and prints each id once it is durable
 *   read PATH COUNT           reads on until COUNT claims have come, and prints their ids in order
 *   load PATH                 opens 'memory', then the file, and prints which of the two loaded the driver
 */
const [task = '', path = '', ...rest] = process.argv.slice(2);

/** At once and whole, so that nothing acknowledged is lost in a buffer when this process is killed. */
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

async function write(prefix: string, count: number): Promise<void> {
  const store = await openClaimStore(`file:${path}`);
  for (let at = 0; at < count; at += 1) {
    const id = `${prefix}${at}`;
    await store.append([claim(id)], { coalition: 'x', epoch: 1 });
    print(id);
  }
  await store.close();
}

async function read(count: number): Promise<void> {
  const store = await openClaimStore(`file:${path}`, { mode: 'read' });
  print('ready');
  for (let after = 0; after < count; ) {
    const page = await store.read({ after });
    for (const { id } of page) print(id);
    after += page.length;
    if (page.length === 0) await pause(1);
  }
  await store.close();
}

function driverIsLoaded(): boolean {
  return JSON.stringify(process.report.getReport()).includes('@libsql');
}

async function load(): Promise<void> {
  await import('../../../lib/index.js');
  await (await openClaimStore('memory')).close();
  const memory = driverIsLoaded();
  await (await openClaimStore(`file:${path}`)).close();
  print(JSON.stringify({ memory, file: driverIsLoaded() }));
}

try {
  if (task === 'write') await write(rest[0] ?? '', Number(rest[1]));
  if (task === 'read') await read(Number(rest[0]));
  if (task === 'load') await load();
} catch (thrown) {
  print(String(thrown));
  process.exitCode = 1;
}
