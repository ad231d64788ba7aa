import type { Service } from './service.js';

/**
 * Brings what is missing, says what it does, and does nothing twice. Answers whether the run may go on: a missing
 * service is a reason to skip its suites, but a failure where it is demanded.
 */
export function bringServices(
  services: readonly Service[],
  isDemanded: boolean,
  say: (line: string) => void,
): boolean {
  const missing = services.filter((service) => !isHere(service, say));
  return missing.length === 0 || !isDemanded;
}

function isHere(service: Service, say: (line: string) => void): boolean {
  const found = service.find();
  if (found !== undefined) {
    say(`${service.name}: here already`);
    return true;
  }
  say(`${service.name}: bringing it into .services/ …`);
  try {
    service.bring();
    say(`${service.name}: brought`);
    return true;
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    say(`${service.name}: missing (${reason}); without it ${service.neededBy} cannot be tried`);
    return false;
  }
}
