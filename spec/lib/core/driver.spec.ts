import { expect } from 'chai';
import { loadDriver } from '../../../lib/core/driver.js';
import { ConclaveError } from '../../../lib/core/errors.js';

function notFound(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

async function refusal(thrown: unknown): Promise<unknown> {
  try {
    await loadDriver('libsql', "store 'file:claims.db'", () => Promise.reject(thrown));
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('loadDriver', () => {
  it('gives what was loaded', async () => {
    expect(await loadDriver('libsql', 'x', async () => 7)).to.equal(7);
  });

  for (const code of ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']) {
    it(`says which package to install (${code})`, async () => {
      const cause = notFound(code, "Cannot find package 'libsql' imported from /x/y.js");
      const error = await refusal(cause);
      expect(error).to.be.instanceOf(ConclaveError);
      expect(error).to.deep.include({ code: 'DriverMissing', cause });
      expect(error)
        .to.have.property('message')
        .that.equals("store 'file:claims.db' needs the package libsql; npm install libsql.");
    });
  }

  it('tells a package from a part of it that another platform would have', async () => {
    const error = await refusal(
      notFound('MODULE_NOT_FOUND', "Cannot find module '@libsql/x'\nRequire stack:"),
    );
    expect(error)
      .to.have.property('message')
      .that.equals(
        "store 'file:claims.db' needs the package libsql, which lacks a part for this platform " +
          "(Cannot find module '@libsql/x'); npm install libsql.",
      );
  });

  it('leaves every other error as it is', async () => {
    for (const thrown of [new Error('no'), notFound('EACCES', "'libsql'"), 'text'])
      expect(await refusal(thrown)).to.equal(thrown);
  });
});
