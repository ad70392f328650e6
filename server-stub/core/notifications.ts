// Asking one device to check in, and who is told of it (A5, A7).
import type { Notifications } from './interfaces.js';
import { notifyDevice } from './notify.js';
import { knownDevice, type TenantState } from './state.js';

export const notifications = (state: TenantState): Notifications => ({
  notify: (deviceId) => void notifyDevice(state, knownDevice(state, deviceId)),
  onNotify(listener) {
    state.listeners.add(listener);
    return () => state.listeners.delete(listener);
  },
});
