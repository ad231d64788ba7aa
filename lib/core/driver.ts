import { ConclaveError } from './errors.js';

/**
 * Loads an optional package, at the moment somebody asks for what needs it. `user` says who that is, as in
 * "store 'file:claims.db'".
 * @throws `DriverMissing` when the package, or a part of it for this platform, is not installed. What else goes
 * wrong in it comes as it is.
 */
export async function loadDriver<Driver>(
  packageName: string,
  user: string,
  load: () => Promise<Driver>,
): Promise<Driver> {
  try {
    return await load();
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    const isPart = !namesPackage(thrown.message, packageName);
    const found = isPart ? `, which lacks a part for this platform (${firstLine(thrown.message)})` : '';
    throw new ConclaveError(
      'DriverMissing',
      `${user} needs the package ${packageName}${found}; npm install ${packageName}.`,
      { cause: thrown },
    );
  }
}

/** Node's two words for a module that is not there: of `import` and of `require`. */
function isNotFound(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false;
  return thrown.code === 'ERR_MODULE_NOT_FOUND' || thrown.code === 'MODULE_NOT_FOUND';
}

function namesPackage(message: string, packageName: string): boolean {
  return message.includes(`'${packageName}'`);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
