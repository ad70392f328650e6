import { companyPortalHeader, deviceHeader, writeAskedDevice } from '../../protocol/enrollment-header.js';
import type { DeviceFacts } from '../model/state.js';
import type { Invitation } from './driver.js';

/**
 * What the first request of an enrollment says that starts in a Company Portal (by convention): its version, and with `device` which
 * device asks whether it may enroll (E03). Nothing where the system starts it.
 */
export function portalHeaders(
  { companyPortal: version }: Invitation,
  device?: Pick<DeviceFacts, 'id' | 'serial' | 'imei' | 'osVersion' | 'model'>,
): Record<string, string> {
  if (typeof version !== 'string') return {};
  if (device === undefined) return { [companyPortalHeader]: version };
  const { id, serial, imei, osVersion, model } = device;
  const asked = { id, serial, osVersion, model, ...(imei === undefined ? {} : { imei }) };
  return { [companyPortalHeader]: version, [deviceHeader]: writeAskedDevice(asked) };
}
