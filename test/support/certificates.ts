// Certificates of devices, and what becomes of a device that is silent (rules M).
import type { Device } from '../../index.js';
import {
  alice,
  bob,
  both,
  carol,
  certificate,
  enrolled,
  recordOf,
  type TenantFileChanges,
  tenantFile,
} from './rules.js';
import type { Stage } from './stage.js';

/** Of certificates that live shortly, so that their end comes in a few steps of the clock. */
export const shortLives = { mdmCertificate: '30d', renewBefore: '5d', removeAfter: '20d' };

/**
 * Intune, with a certificate by SCEP for everybody: an Android device has no other (by convention). Nobody is notified by schedule,
 * and the push certificate outlives them all.
 */
export const certificateTenant = (settings: object = {}, changes: TenantFileChanges = {}): string =>
  tenantFile({
    authority: 'intune',
    settings: { checkInEvery: '3650d', pushCertificate: '3650d', ...settings },
    users: [alice, bob, carol].map((upn) => ({ upn, licences: [both] })),
    profiles: [certificate('corp-identity', 'intune')],
    ...changes,
  });

/** When the device's certificate ends, as Graph tells it: milliseconds since the epoch. */
export const expiryOf = async (stage: Stage, device: Device): Promise<number> =>
  Date.parse(String((await recordOf(stage, device))['managementCertificateExpirationDate']));

/** A device, its record, and the path at which Graph has it. */
export async function enrolledWithCertificate(stage: Stage, user: string = alice) {
  const device = await enrolled(stage, 1, user);
  const { id } = await recordOf(stage, device);
  return { device, id, path: `/v1.0/deviceManagement/managedDevices/${String(id)}` };
}
