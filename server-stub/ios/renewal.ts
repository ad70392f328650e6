// M1: a device whose certificate ends soon is sent its enrollment profile again, in its next session. It fetches a new identity by SCEP
// (PKCSReq), and says Authenticate and TokenUpdate with it (specs/apple.md §1.3). The old one is good until the new one has spoken.
import { isRollcallError } from '../../base/errors.js';
import type { PlistDict } from '../../protocol/plist/value.js';
import type { Command } from '../../protocol/vocabulary.js';
import type { DeviceRecord, QueuedCommand } from '../core/types.js';
import { command, type IosContext, memoryOf, topicOf } from './context.js';
import { enrollmentProfile, scepPayload } from './enrollment-profile.js';

/** An InstallProfile whose profile is made when it is sent: its challenge lives no longer than an enrollment may take. */
const renewal = { kind: 'native', platform: 'ios', name: 'InstallProfile', body: { Renewal: true } } as const;

export const isRenewal = (asked: Command): boolean => {
  if (asked.kind !== 'native' || asked.platform !== 'ios' || asked.name !== 'InstallProfile') return false;
  const { body } = asked;
  return typeof body === 'object' && body !== null && Reflect.get(body, 'Renewal') === true;
};

/** To be called when a session was opened: queues the renewal where it is due, unless one waits already. */
export function renewIfDue({ deviceId, status }: DeviceRecord, { tenant, log }: IosContext): void {
  if (status !== 'enrolled' || !tenant.isRenewalDue(deviceId)) return;
  const waits = tenant.openCommands(deviceId).some(({ command: asked }) => isRenewal(asked));
  if (waits) return;
  try {
    tenant.queue(deviceId, renewal, 'core');
  } catch (error) {
    if (!isRollcallError(error, 'REQUEST_INVALID')) throw error; // a full queue: the next session asks again
    log.warn(error.code, { deviceId, command: renewal.name, reason: error.message });
  }
}

/**
 * The device has renewed its identity, and could not say so: the command that asked for it is done. One of an administrator's own is
 * carried out whenever it is asked for.
 */
export function isNeedless({ id, deviceId, command: asked, by }: QueuedCommand, { tenant }: IosContext): boolean {
  if (by === 'administrator' || !isRenewal(asked) || tenant.isRenewalDue(deviceId)) return false;
  tenant.report(deviceId, id, { status: 'done' });
  return true;
}

/** `signs`: the device signs its messages. The topic stays what it is, whatever push certificate there is now: no update may change it. */
export async function renewalCommand(device: DeviceRecord, signs: boolean, context: IosContext): Promise<PlistDict> {
  const { tenant, sign } = context;
  const { deviceId, userId } = device;
  const { origin = context.addresses.origin, topic = topicOf(tenant) } = memoryOf(device);
  const user = userId === undefined ? undefined : tenant.user(userId);
  const grant = { platform: 'ios', purpose: 'identity', userId, deviceId, isRenewal: true } as const;
  const identity = scepPayload(user, origin, grant, context);
  return command('InstallProfile', {
    Payload: await sign(enrollmentProfile({ origin, topic, signs, identity, authority: device.managedBy }, context)),
  });
}
