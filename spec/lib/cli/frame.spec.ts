import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Outcome, type RunningCommand, startModule } from './spawn-command.js';

const program = new URL('./frame-program.js', import.meta.url);

function start(...args: string[]): RunningCommand {
  return startModule(program, args);
}

function run(...args: string[]): Promise<Outcome> {
  return start(...args).ended;
}

describe('the frame of the command line', () => {
  describe('exit codes', () => {
    it('is 1, with the result on stdout, when work was abandoned', async () => {
      expect(await run('abandon')).to.deep.equal({
        code: 1,
        stdout: '{"abandoned":1}\n',
        stderr: 'program: 1 task abandoned\n',
      });
    });

    it('is 2, in one line, when the library refuses the request', async () => {
      const stderr = 'program: Wrong option.\n';
      expect(await run('raise', 'usage')).to.deep.equal({ code: 2, stdout: '', stderr });
    });

    it('is 1, in one line, when an operation fails', async () => {
      const stderr = 'program: The broker is gone.\n';
      expect(await run('raise', 'operating')).to.deep.equal({ code: 1, stdout: '', stderr });
    });

    it('is 1, with the stack, when the program itself is wrong', async () => {
      const { code, stdout, stderr } = await run('raise', 'defect');
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' });
      expect(stderr).to.match(/^program: TypeError: a defect\n {4}at .*frame-program/);
    });
  });

  describe('whole numbers', () => {
    for (const text of ['1', '1024', '007']) {
      it(`takes ${text}`, async () => {
        const { code, stdout } = await run('count', '--workers', text);
        expect({ code, stdout }).to.deep.equal({ code: 0, stdout: `{"workers":${Number(text)}}\n` });
      });
    }
    for (const text of ['0', '-1', '1025', '1.5', '1e3', 'x', '', ' 1', '0x10', '99999999999999999999']) {
      it(`refuses '${text}'`, async () => {
        const { code, stdout, stderr } = await run('count', '--workers', text);
        expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' });
        expect(stderr).to.match(/^program: [^\n]*Expected a whole number from 1 to 1024\.[^\n]*\n$/);
      });
    }
  });

  describe('signals', () => {
    it('drains on the first Ctrl-C, and leaves with 130', async () => {
      const command = start('wait');
      await command.said('stdout', 'ready');
      command.child.kill('SIGINT');
      expect(await command.ended).to.deep.equal({
        code: 130,
        stdout: 'ready\ndrained\n',
        stderr: 'Draining. Once more leaves at once.\n',
      });
    });

    it('leaves at once on the second Ctrl-C', async () => {
      const command = start('stubborn');
      await command.said('stdout', 'ready');
      command.child.kill('SIGINT');
      await command.said('stderr', 'Draining');
      command.child.kill('SIGINT');
      const { code, stdout } = await command.ended;
      expect({ code, stdout }).to.deep.equal({ code: 130, stdout: 'ready\n' });
    });

    it('drains on SIGTERM too, and leaves with 143', async () => {
      const command = start('wait');
      await command.said('stdout', 'ready');
      command.child.kill('SIGTERM');
      const { code, stdout } = await command.ended;
      expect({ code, stdout }).to.deep.equal({ code: 143, stdout: 'ready\ndrained\n' });
    });
  });

  describe('output that nobody reads', () => {
    it('ends the command, quietly and with 0', async () => {
      const command = start('flood');
      await command.said('stdout', 'x');
      command.child.stdout.destroy();
      const { code, stderr } = await command.ended;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
    });

    it('does not matter on stderr', async () => {
      const command = start('abandon');
      command.child.stderr.destroy();
      const { code, stdout } = await command.ended;
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '{"abandoned":1}\n' });
    });

    /* The one device that is always full; where there is none, nothing stands in for it. */
    if (existsSync('/dev/full')) {
      it('is a failure, in one line, when the disk is full', async () => {
        const full = openSync('/dev/full', 'w');
        const args = [fileURLToPath(program), 'count', '--workers', '2'];
        const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'pipe'] });
        closeSync(full);
        let stderr = '';
        child.stderr?.setEncoding('utf8').on('data', (text: string) => {
          stderr += text;
        });
        const [code] = await once(child, 'close');
        expect(code).to.equal(1);
        expect(stderr).to.match(/^program: cannot write to stdout: ENOSPC[^\n]*\n$/);
      });
    }
  });
});
