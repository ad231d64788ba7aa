import { node24 } from './node-24.js';
import type { Service } from './service.js';

/** Every service, in the order in which they are brought. */
export const services: readonly Service[] = [node24];
