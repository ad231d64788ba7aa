import { handlers } from './payloads.js';

/* What piscina's threads load: a function an export. */
export const { square, order } = handlers;
