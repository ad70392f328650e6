// Compliance, as the device's authority, the directory and the console tell it (rules A14, A28).
import type { Device } from '../../index.js';
import { alice, both, recordOf, type TenantFileChanges, tenantFile } from './rules.js';
import type { Stage } from './stage.js';

/** Either authority asks for a PIN; the console lags 7 days behind a move. */
export const complianceTenant = (changes: TenantFileChanges = {}): string =>
  tenantFile({
    settings: { complianceConsoleLag: '7d' },
    users: [{ id: 'alice', upn: alice, licences: [both] }],
    compliance: [
      { name: 'BMS PIN', authority: 'office365', pin: 'required' },
      { name: 'PIN', authority: 'intune', pin: 'required' },
    ],
    ...changes,
  });

/** What the console says (Graph's complianceState), and the directory (isCompliant). */
export async function complianceOf(stage: Stage, device: Device): Promise<{ console: unknown; directory: unknown }> {
  const { complianceState, azureADDeviceId } = await recordOf(stage, device);
  const { body } = await stage.admin('GET', `/v1.0/devices(deviceId='${String(azureADDeviceId)}')`);
  return { console: complianceState, directory: body['isCompliant'] };
}
