import { bringServices } from './bringing.js';
import { isDemanded } from './service.js';
import { services } from './services.js';

/* `npm run services`, and the first step of `npm test`. */
const isReady = bringServices(services, isDemanded(process.env), (line) => process.stdout.write(`${line}\n`));
if (!isReady) process.exitCode = 1;
