import { fileURLToPath } from 'node:url';

/** Something real that specs need and the packages of the checkout do not bring. */
export interface Service {
  readonly name: string;
  /** Which specs need it, for the line that says why they are skipped. */
  readonly neededBy: string;
  /** Where it is; undefined when it has not been brought. Quick, and changes nothing. */
  find(): string | undefined;
  /** Puts it into `servicesFolder`, all or nothing. @throws when it cannot, with the reason in one line. */
  bring(): void;
}

/** The git-ignored folder of the checkout that holds all services. */
export const servicesFolder = fileURLToPath(new URL('../../../.services/', import.meta.url));

/** Whether a missing service is a failure rather than a reason to skip. */
export function isDemanded(environment: NodeJS.ProcessEnv): boolean {
  return environment.CI === 'true';
}
