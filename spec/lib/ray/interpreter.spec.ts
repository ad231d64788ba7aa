import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isConclaveError } from '../../../lib/core/errors.js';
import { findPython } from '../../../lib/ray/interpreter.js';

describe('findPython', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'conclave-python-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** A program that says it has Ray, or that it has not. */
  function python(path: string, hasRay: boolean): string {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, `#!/bin/sh\nexit ${hasRay ? 0 : 3}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it('takes the one that is named, and no other', async () => {
    const named = python(join(folder, 'named'), true);
    python(join(folder, '.services/python/bin/python'), true);
    expect(await findPython({ python: named, env: {}, folder })).to.equal(named);
    expect(await findPython({ env: { CONCLAVE_PYTHON: named }, folder })).to.equal(named);
  });

  it('finds that of .services in a folder above', async () => {
    const brought = python(join(folder, '.services/python/bin/python'), true);
    const below = join(folder, 'a/b');
    mkdirSync(below, { recursive: true });
    expect(await findPython({ env: {}, folder: below })).to.equal(brought);
  });

  it('says in one line what helps where none has Ray', async () => {
    const named = python(join(folder, 'named'), false);
    for (const search of [{ python: named }, { python: join(folder, 'nowhere') }]) {
      const error = await findPython({ ...search, env: {}, folder }).catch((thrown: unknown) => thrown);
      if (!isConclaveError(error, 'DriverMissing')) throw error;
      expect(error.message).to.match(/^[^\n]*pip install ray[^\n]*CONCLAVE_PYTHON[^\n]*$/);
      expect(error.message).to.include(search.python);
    }
  });
});
