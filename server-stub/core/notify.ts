import type { TenantDevice } from './device-state.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { DeviceRecord } from './types.js';

/** Calls every listener. One that throws is logged and harms neither the others nor the rule that asked. */
export function tellAll(
  state: TenantState,
  listeners: ReadonlySet<(device: DeviceRecord) => void>,
  device: DeviceRecord,
): void {
  for (const listener of listeners) {
    try {
      listener(device);
    } catch (error) {
      state.ports.log.warn('NOTIFY_FAILED', { deviceId: device.deviceId, reason: String(error) });
    }
  }
}

/**
 * Asks for a check-in: calls every listener.
 * False: nothing can be sent to this device, because its platform needs a push certificate that is not there (A11).
 */
export function notifyDevice(state: TenantState, device: TenantDevice): boolean {
  const { needsPushCertificate } = traitsOf(state.ports.traits, device.record.platform);
  if (needsPushCertificate && pushCertificateProblem(state) !== undefined) return false;
  tellAll(state, state.listeners, device.record);
  return true;
}
