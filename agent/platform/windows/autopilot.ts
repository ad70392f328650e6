// Autopilot, as far as a server of management sees it (convention): headers say it, the serial number of the request finds the record.
import { autopilotHeader, enrollmentHeader } from '../../../protocol/enrollment-header.js';
import type { Invitation } from '../driver.js';
import { portalHeaders } from '../portal-headers.js';

/** Nobody signs in: the record of the device speaks for it, where Windows attests its TPM. */
export const isAlone = ({ autopilot, token, user, entra }: Invitation): boolean =>
  autopilot === 'selfDeploying' && [token, user, entra].every((proof) => proof === undefined);

/** What each message of an enrollment says of the way in which it came about, where the protocol has no word for it. */
export const enrollmentHeaders = (invitation: Invitation): Readonly<Record<string, string>> => ({
  ...portalHeaders(invitation),
  ...(invitation.autopilot !== undefined && {
    [enrollmentHeader]: 'autopilot',
    [autopilotHeader]: invitation.autopilot,
  }),
});

/** A person begins it neither in Autopilot, nor with a provisioning package or another token, nor by joining Entra. */
export const isBySystem = ({ autopilot, token, entra }: Invitation): boolean =>
  autopilot !== undefined || typeof token === 'string' || entra !== undefined;
