import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../../lib/core/errors.js';
import type { Play } from './play.js';

/*
 * The process of one side: player.js MODULE PLAY SETTING. It says `{"ready":true}` once the play is open, answers each
 * line that it reads with `{"figure":…}` of one more round, or with `{"error":…}`, and leaves when its input ends.
 */
const [path = '', name = '', setting = '{}'] = process.argv.slice(2);
const module: { readonly plays: Readonly<Record<string, (setting: never) => Promise<Play>>> } = await import(
  pathToFileURL(path).href
);
const open = module.plays[name];
if (open === undefined) throw new Error(`${path} has no play named ${name}`);
const play = await open(JSON.parse(setting) as never);
say({ ready: true });
for await (const _ of createInterface({ input: process.stdin })) {
  try {
    say({ figure: await play.round() });
  } catch (error) {
    say({ error: messageOf(error) });
  }
}
await play.close();

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
