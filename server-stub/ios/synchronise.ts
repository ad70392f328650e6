// Asking devices to fetch the declarations (specs/apple.md §1.11).
import type { Commands, Notifications } from '../core/interfaces.js';
import type { IosContext } from './context.js';
import type { DeclarationToSet } from './declarations.js';

const name = 'DeclarativeManagement';

/** Queues the command that makes a device synchronise, unless one waits for it already, and wakes the device. */
export function askToSynchronise(tenant: Commands & Notifications, deviceId: string): void {
  const waits = tenant
    .openCommands(deviceId)
    .some(({ command, status }) => command.kind === 'native' && command.name === name && status === 'waiting');
  if (!waits) tenant.queue(deviceId, { kind: 'native', platform: 'ios', name, body: {} }, 'core');
  tenant.notify(deviceId, 'action');
}

/** Replaces the declarations and asks every enrolled iOS device to synchronise. Throws REQUEST_INVALID. */
export function setDeclarations(
  { tenant, declarations, log }: Pick<IosContext, 'tenant' | 'declarations' | 'log'>,
  list: readonly DeclarationToSet[],
): void {
  declarations.set(list);
  for (const { platform, status, deviceId } of tenant.eachDevice()) {
    if (platform !== 'ios' || status !== 'enrolled') continue;
    try {
      askToSynchronise(tenant, deviceId);
    } catch (error) {
      log.warn('REQUEST_INVALID', { deviceId, reason: String(error) }); // a full queue keeps nothing from the others
    }
  }
}
