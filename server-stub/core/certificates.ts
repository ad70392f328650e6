// The certificates that devices speak with, as their dialects issue them and see them used.
import { awaitEnd, isRenewalDue, renewalMs, requireCertificate } from './certificate-life.js';
import { ofDevice } from './event-hub.js';
import type { Certificates } from './interfaces.js';
import { knownDevice, type TenantState } from './state.js';

export const certificates = (state: TenantState): Certificates => ({
  renewalMs: () => renewalMs(state.settings),
  setCertificate: (deviceId, expiresAt) => setCertificate(state, deviceId, expiresAt),
  isRenewalDue: (deviceId) => isRenewalDue(state, knownDevice(state, deviceId)),
  requireCertificate: (deviceId) => requireCertificate(state, knownDevice(state, deviceId)),
});

function setCertificate(state: TenantState, deviceId: string, expiresAt: number | undefined): void {
  const device = knownDevice(state, deviceId);
  const { certificateExpiresAt: before, ...rest } = device.record;
  if (before === expiresAt) return;
  state.saver.requireWritable();
  device.record = expiresAt === undefined ? rest : { ...rest, certificateExpiresAt: expiresAt };
  awaitEnd(state, device);
  state.saver.device(device);
  if (expiresAt === undefined) return;
  state.events.emit({
    type: 'certificate',
    ...ofDevice(device.record),
    state: before === undefined ? 'issued' : 'renewed',
    expiresAt: new Date(expiresAt).toISOString(),
  });
}
