// Asking one device to check in, and who is told of it (A5, A7).
import { isToBeAsked, resumeAssignmentWalks } from './assignment-walk.js';
import { isServed, resumeNotifications } from './change-notifications.js';
import type { Notifications } from './interfaces.js';
import { notifyDevice } from './notify.js';
import { knownDevice, type TenantState } from './state.js';

export const notifications = (state: TenantState): Notifications => ({
  notify: (deviceId, why = 'sync') => notifyDevice(state, knownDevice(state, deviceId), why),
  pushes: () => state.pushes.list(),
  resumeNotifications() {
    resumeNotifications(state);
    resumeAssignmentWalks(state);
  },
  stopNotifications: () => state.walks.close(),
  isToBeNotified(deviceId) {
    const device = knownDevice(state, deviceId);
    return isServed(state, device) || isToBeAsked(state, device);
  },
  handedOn: () => state.walks.ended(),
  onNotify(listener) {
    state.listeners.add(listener);
    return () => state.listeners.delete(listener);
  },
});
