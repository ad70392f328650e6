import type { DeviceState } from './device-state.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { TenantState } from './state.js';
import { traits } from './traits.js';

/**
 * Calls every listener. One that throws is logged and harms neither the others nor the rule that asked.
 * False: nothing can be sent to this device, because its platform needs a push certificate that is not there (A11).
 */
export function notifyDevice(state: TenantState, device: DeviceState): boolean {
  if (traits[device.record.platform].needsPushCertificate && pushCertificateProblem(state) !== undefined) return false;
  for (const listener of state.listeners) {
    try {
      listener(device.record);
    } catch (error) {
      state.ports.log.warn('NOTIFY_FAILED', { deviceId: device.record.deviceId, reason: String(error) });
    }
  }
  return true;
}
