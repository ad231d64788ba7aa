import { startModule } from '../lib/cli/spawn-command.js';

/** Runs `ask-program` to its end: what became of each task, and what it wrote besides. */
export async function askProgram(
  isolation: 'thread' | 'process' | 'ray',
  tasks: readonly (readonly [agent: string, payload: unknown])[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly outcomes: unknown; readonly stderr: string }> {
  const program = new URL('./ask-program.js', import.meta.url);
  const { ended } = startModule(program, [isolation, JSON.stringify(tasks)], { env });
  const { code, stdout, stderr } = await ended;
  if (code !== 0) throw new Error(`The program ended with code ${code}: ${stderr}`);
  return { outcomes: JSON.parse(stdout), stderr };
}
