// The session of a device that fetches the whole of its desired state (A6, A8, A9): what `next` tells others one by one, at once.
import type { Authority, Profile } from '../../protocol/vocabulary.js';
import { orderOf } from './desired.js';
import type { TenantDevice } from './device-state.js';
import type { DeviceDocument, DocumentItem, Documents } from './document.js';
import { forDevice } from './for-device.js';
import { requirePushCertificate } from './push-certificate.js';
import { toQueuedCommand } from './queue.js';
import { openSession, plan } from './session-opening.js';
import { desiredOf, knownDevice, type TenantState } from './state.js';
import type { QueuedCommand } from './types.js';
import { versionOf } from './version.js';

export const documents = (state: TenantState): Documents => ({
  openDocument: (deviceId) => openDocument(state, deviceId),
});

function openDocument(state: TenantState, deviceId: string): DeviceDocument {
  const known = state.devices.get(deviceId);
  if (known !== undefined) keepContents(state, known);
  const device = known?.record.status === 'pending' ? begin(state, known) : session(state, deviceId);
  if (device.queue.hasNext) {
    state.saver.requireWritable();
    while (device.queue.hasNext) device.queue.next(); // all of it is in the document
    state.saver.device(device);
  }
  const secrets = device.secrets.size;
  const document = written(state, device);
  if (device.secrets.size !== secrets) state.saver.device(device);
  return document;
}

function session(state: TenantState, deviceId: string): TenantDevice {
  openSession(state, deviceId);
  return knownDevice(state, deviceId);
}

/** The document that is the answer to an enrollment: no session yet, and no contact that counts (A6, A7). */
function begin(state: TenantState, device: TenantDevice): TenantDevice {
  requirePushCertificate(state, device);
  device.queue.beginSession();
  if (plan(state, device)) state.saver.device(device);
  return device;
}

/**
 * From the first document on the content of what is held is remembered. What is held without one, because its record could not be
 * read after a restart, counts as held no more where nobody assigns just that: no document could say it.
 */
function keepContents(state: TenantState, device: TenantDevice): void {
  device.contents ??= new Map();
  const { contents } = device;
  const { held } = device.record;
  if (held.every(({ name }) => contents.has(name))) return;
  const desired = desiredOf(state, device);
  const lost = new Set<string>();
  for (const { name, version } of held) {
    if (contents.has(name)) continue;
    const assigned = desired.byName.get(name);
    if (assigned?.version === version) contents.set(name, assigned.profile);
    else lost.add(name);
  }
  state.saver.device(device);
  if (lost.size === 0) return;
  device.record = { ...device.record, held: held.filter(({ name }) => !lost.has(name)) };
  device.settledOn = undefined;
  const { deviceId, platform } = device.record;
  state.ports.log.warn('CONTENT_LOST', { device: deviceId, platform, settings: [...lost].sort() });
}

interface Setting {
  readonly profile: Profile;
  readonly version: string;
  readonly authority: Authority;
  readonly isStale: boolean;
  readonly commandIds: readonly string[];
}

/** What is held, then what the queue makes of it: of commands for one name the last one counts. */
function written(state: TenantState, device: TenantDevice): DeviceDocument {
  const { deviceId, managedBy, held } = device.record;
  const settings = new Map<string, Setting>();
  for (const { name, authority, stale, version } of held) {
    const profile = device.contents?.get(name);
    if (profile !== undefined) settings.set(name, { profile, version, authority, isStale: stale, commandIds: [] });
  }
  const removals = new Map<string, string[]>();
  const commands: QueuedCommand[] = [];
  for (const entry of device.queue.open) {
    const { id, command, work } = entry;
    if (command.kind === 'install-profile') {
      const { profile } = command;
      const { name } = profile;
      const before = [...(removals.get(name) ?? []), ...(settings.get(name)?.commandIds ?? [])];
      removals.delete(name);
      const authority = work?.kind === 'install' ? work.authority : managedBy;
      const version = work?.kind === 'install' ? work.version : versionOf(profile);
      settings.set(name, { profile, version, authority, isStale: false, commandIds: [...before, id] });
    } else if (command.kind === 'remove-profile') {
      const { name } = command;
      const before = settings.get(name)?.commandIds ?? [];
      settings.delete(name);
      removals.set(name, [...(removals.get(name) ?? []), ...before, id]);
    } else {
      commands.push(toQueuedCommand(deviceId, entry));
    }
  }
  return {
    device: device.record,
    items: [...settings].map(([name, setting]) => item(state, device, name, setting)).sort(byOrder),
    removals: [...removals].flatMap(([name, ids]) => ids.map((commandId) => ({ name, commandId }))),
    commands,
  };
}

/** The same settings always come in the same order: a device that compares sees that nothing is new. */
const byOrder = (a: DocumentItem, b: DocumentItem): number =>
  orderOf(a.profile) - orderOf(b.profile) || (a.name < b.name ? -1 : 1);

const item = (state: TenantState, device: TenantDevice, name: string, setting: Setting): DocumentItem => ({
  name,
  profile: forDevice(state, device, setting.profile),
  version: setting.version,
  authority: setting.authority,
  isStale: setting.isStale,
  ...(setting.commandIds.length > 0 && { commandIds: setting.commandIds }),
});
