import { readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { runConclave, startConclave } from './spawn-command.js';

const root = new URL('../../../../', import.meta.url);

async function commandNames(): Promise<string[]> {
  const { stdout } = await runConclave('--help');
  const listed = stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z-]+) /gm);
  return [...listed].flatMap(([, name]) => (name === undefined || name === 'help' ? [] : [name]));
}

describe('conclave', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
    expect(await runConclave('--version')).to.deep.equal({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('has help with an example for every command', async () => {
    const names = await commandNames();
    expect(names).to.include.members(['elect', 'claims']);
    for (const name of names) {
      const { code, stdout, stderr } = await runConclave(name, '--help');
      expect({ name, code, stderr }).to.deep.equal({ name, code: 0, stderr: '' });
      expect(stdout)
        .to.match(/^Usage: conclave /)
        .and.to.match(/\nExamples?:\n {2}\$ conclave /);
      expect(stdout).to.include(`$ conclave ${name} `).and.to.include('--json');
    }
  });

  it('tells the default of every option of a coalition', async () => {
    const told = ['--workers', '--isolation', '--broker', '--schedule', '--store', '--loops'];
    for (const name of ['run', 'simulate', 'stress', 'coordinate']) {
      const { stdout } = await runConclave(name, '--help');
      const options = stdout.split(/\n(?= {2}--)/).map((option) => option.replaceAll(/\s+/g, ' ').trim());
      const silent = options
        .filter((option) => !/default/.test(option))
        .map((option) => option.split(' ')[0]);
      expect(told.filter((option) => silent.includes(option))).to.deep.equal([], name);
    }
  });

  const refused: readonly (readonly [string, string[], RegExp])[] = [
    ['no command', [], /name a command\. Accepted: .*elect, claims/],
    ['an unknown command', ['elekt'], /unknown command 'elekt'.* Accepted: .*elect, claims/],
    ['an unknown option', ['elect', 'a', '--jsn'], /unknown option '--jsn'.* Accepted: --json, --help\./],
    ['an unknown option before the command', ['--jsn', 'elect'], /unknown option '--jsn'.* Accepted: /],
    ['a missing argument', ['elect'], /missing required argument 'id'\. Usage: conclave elect /],
    [
      'a surplus argument',
      ['claims', 'x', '--store', 'file:x'],
      /too many arguments.* Usage: conclave claims/,
    ],
    ['a missing option', ['claims'], /required option '--store <store>' not specified\. Usage: /],
    ['an option without its value', ['claims', '--store'], /'--store <store>' argument missing\. Usage: /],
  ];
  for (const [what, args, line] of refused) {
    it(`refuses ${what} in one line, with what is accepted`, async () => {
      const { code, stdout, stderr } = await runConclave(...args);
      expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
      expect(stderr)
        .to.match(/^conclave: [^\n]+\n$/)
        .and.to.match(line);
    });
  }

  it('does not mind that nobody reads it', async () => {
    const command = startConclave('--help');
    command.child.stdout.destroy();
    const { code, stderr } = await command.ended;
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('is executable as it was built', () => {
    expect(statSync(new URL('dist/lib/cli/main.js', root)).mode & 0o111).to.equal(0o111);
  });
});
