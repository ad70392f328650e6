import type { TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import { pushCertificateProblem } from './push-certificate.js';
import type { PushReason, Woken } from './push-types.js';
import type { TenantState } from './state.js';
import { traitsOf } from './traits.js';
import type { DeviceRecord } from './types.js';

/** Calls every listener. One that throws is logged and harms neither the others nor the rule that asked. */
export function tellAll<T>(
  state: Pick<TenantState, 'ports'>,
  listeners: ReadonlySet<(device: DeviceRecord) => T>,
  device: DeviceRecord,
): readonly T[] {
  const answers: T[] = [];
  for (const listener of listeners) {
    try {
      answers.push(listener(device));
    } catch (error) {
      state.ports.log.warn('NOTIFY_FAILED', { deviceId: device.deviceId, reason: String(error) });
    }
  }
  return answers;
}

/** Asks for a check-in, and writes down what became of that (`Notifications.pushes`). Returns at once, throws nothing. */
export function notifyDevice(state: TenantState, device: TenantDevice, why: PushReason): Woken {
  const { deviceId, platform } = device.record;
  const woken = wake(state, device);
  state.pushes.add({ at: state.ports.clock.now(), deviceId, platform, why, ...woken });
  state.events.emit({ type: 'notified', ...ofDevice(device.record), why, result: woken.result });
  return woken;
}

/** Refused where the device's platform needs a push certificate that is not there (A11, A24). */
function wake(state: TenantState, { record }: TenantDevice): Woken {
  const { needsPushCertificate } = traitsOf(state.ports.traits, record.platform);
  const problem = needsPushCertificate ? pushCertificateProblem(state) : undefined;
  if (problem !== undefined) return { result: 'refused', reason: problem };
  const answers = tellAll(state, state.listeners, record);
  return answers.find((answer) => answer !== undefined) ?? { result: 'sent' };
}
