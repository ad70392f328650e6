// The Company Portal of a device as a person sets it by hand: `--company-portal`, and `portal` at the prompt. By convention.
import { commandLineError } from '../base/command-line.js';
import { isPortalVersion } from '../protocol/enrollment-header.js';
import type { CompanyPortal } from './model/state.js';

/** The version that a device gets where none is said. */
export const latestPortal = '5.2410.1';

/**
 * What `VERSION`, `broken`, `reinstall` or `none` make of the portal that is there. Throws USAGE.
 *
 * @example
 * readPortal('broken', { version: '5.2410.1' }); // { version: '5.2410.1', isBroken: true }
 */
export function readPortal(text: string, before: CompanyPortal | undefined): CompanyPortal | undefined {
  const { version } = before ?? { version: latestPortal };
  switch (text) {
    case 'none':
      return undefined;
    case 'broken':
      return { version, isBroken: true };
    case 'reinstall':
      return { version };
    default:
      if (isPortalVersion(text)) return { version: text };
      throw commandLineError('USAGE', `"${text}" is no version of a Company Portal`, {
        hint: `Write one such as ${latestPortal}, or broken, reinstall or none.`,
      });
  }
}

/** For people. */
export const showPortal = (portal: CompanyPortal | undefined): string =>
  portal === undefined ? 'no Company Portal' : `Company Portal ${portal.version}${portal.isBroken ? ', broken' : ''}`;
