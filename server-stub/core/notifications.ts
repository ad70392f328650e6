// Asking one device to check in, and who is told of it (A5, A7).
import { isServed, resumeNotifications } from './change-notifications.js';
import type { Notifications } from './interfaces.js';
import { notifyDevice } from './notify.js';
import { knownDevice, type TenantState } from './state.js';

export const notifications = (state: TenantState): Notifications => ({
  notify: (deviceId, why = 'sync') => notifyDevice(state, knownDevice(state, deviceId), why),
  pushes: () => state.pushes.list(),
  resumeNotifications: () => resumeNotifications(state),
  stopNotifications: () => state.walks.close(),
  isToBeNotified: (deviceId) => isServed(state, knownDevice(state, deviceId)),
  handedOn: () => state.walks.ended(),
  onNotify(listener) {
    state.listeners.add(listener);
    return () => state.listeners.delete(listener);
  },
});
