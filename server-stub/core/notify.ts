import type { DeviceState } from './device-state.js';
import type { TenantState } from './state.js';

/** Calls every listener. One that throws is logged and harms neither the others nor the rule that asked. */
export function notifyDevice(state: TenantState, device: DeviceState): void {
  for (const listener of state.listeners) {
    try {
      listener(device.record);
    } catch (error) {
      state.ports.log.warn('NOTIFY_FAILED', { deviceId: device.record.deviceId, reason: String(error) });
    }
  }
}
