import type { Context } from 'mocha';
import { isDemanded, type Service } from './service.js';

/**
 * The path of a service, for a `before` hook: where it is missing, the suite is skipped with a line of reason, or
 * fails if services are demanded.
 */
export function needService(context: Context, service: Service): string {
  const found = service.find();
  if (found !== undefined) return found;
  const reason = `${service.name} is missing: npm run services brings it`;
  if (isDemanded(process.env)) throw new Error(reason);
  process.stdout.write(`      (skipped: ${reason})\n`);
  return context.skip();
}
