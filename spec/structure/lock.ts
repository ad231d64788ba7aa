import type { Finding } from './source.js';

/** The part of package-lock.json that says what is installed where. */
export interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/**
 * `npm ci` refuses a lock that lacks an optional package, also one for another platform. A registry that does not
 * serve all of them makes `npm install` leave some out in silence.
 */
export function checkLock(lock: Lock): Finding[] {
  return Object.entries(lock.packages).flatMap(([parent, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !isLocked(lock, parent, name))
      .map((name) => ({
        path: 'package-lock.json',
        line: 1,
        rule: 'lock',
        message: `${parent} may want ${name}, which is not locked: add its entry with version, os and cpu`,
      })),
  );
}

/** Looks where Node would: beside the parent's own packages, then outwards. */
function isLocked(lock: Lock, parent: string, name: string): boolean {
  if (`${parent === '' ? '' : `${parent}/`}node_modules/${name}` in lock.packages) return true;
  if (parent === '') return false;
  const outer = parent.lastIndexOf('/node_modules/');
  return isLocked(lock, outer === -1 ? '' : parent.slice(0, outer), name);
}
