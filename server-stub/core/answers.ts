// What a device's answers change (A8, A9, M4).
import type { Outcome, Profile } from '../../protocol/vocabulary.js';
import type { TenantDevice } from './device-state.js';
import { ofDevice } from './event-hub.js';
import type { Answers } from './interfaces.js';
import { markHeld } from './plan.js';
import { type Entry, workKey } from './queue.js';
import { countStale } from './stale.js';
import { desiredOf, type TenantState } from './state.js';
import type { HeldProfile } from './types.js';
import { versionOf } from './version.js';

/** `end` ends the enrollment of a device that has done what it was asked last: to retire, or to wipe itself. */
export const answers = (state: TenantState, end: (deviceId: string, why: 'retired' | 'wiped') => void): Answers => ({
  report(deviceId, commandId, outcome) {
    const { taken, ended } = report(state, deviceId, commandId, outcome);
    if (ended !== undefined) end(deviceId, ended);
    return taken;
  },
});

/** What an answer means for the device; the caller ends the enrollment when this returns a reason to. */
function report(
  state: TenantState,
  deviceId: string,
  commandId: string,
  outcome: Outcome,
): { readonly taken: boolean; readonly ended?: 'retired' | 'wiped' } {
  const device = state.devices.get(deviceId);
  if (device?.queue.awaits(commandId)) state.saver.requireWritable();
  const entry = device?.queue.answer(commandId, outcome, state.ports.clock.now());
  if (device === undefined || entry === undefined) {
    if (device === undefined || device.queue.hasAnswered(commandId)) state.saver.toldAgain();
    return { taken: false };
  }
  state.saver.device(device);
  tell(state, device, entry, outcome);
  if (outcome.status === 'later') return { taken: true };
  const { command } = entry;
  switch (command.kind) {
    case 'install-profile':
      installed(device, entry, command.profile, outcome.status === 'done', state.ports.clock.now());
      break;
    case 'remove-profile':
      removed(device, entry, command.name, outcome.status === 'done');
      break;
    case 'inventory':
      if (outcome.status === 'done') learn(device, outcome.data ?? {});
      break;
    case 'retire':
    case 'wipe':
      if (outcome.status === 'done') return { taken: true, ended: command.kind === 'retire' ? 'retired' : 'wiped' };
      device.record = { ...device.record, status: 'enrolled' }; // it stays managed, and is given back what it lost
      device.settledOn = undefined;
      break;
  }
  if (command.kind === 'install-profile' || command.kind === 'remove-profile') {
    device.settledOn = undefined;
    markHeld(device, desiredOf(state, device), state.ports.clock.now());
    countStale(state, device);
  }
  return { taken: true };
}

function tell(state: TenantState, { record }: TenantDevice, { id, command }: Entry, outcome: Outcome): void {
  const { deviceId, platform } = record;
  const { status } = outcome;
  const name = command.kind === 'native' ? command.name : command.kind;
  const about =
    command.kind === 'install-profile'
      ? command.profile.name
      : command.kind === 'remove-profile'
        ? command.name
        : undefined;
  const why = {
    ...(outcome.status !== 'done' && { reason: outcome.reason }),
    ...(outcome.status === 'failed' && outcome.code !== undefined && { code: outcome.code }),
  };
  state.ports.log.info('COMMAND', { device: deviceId, platform, command: name, about, id, status, ...why });
  state.events.emit({ type: 'command', ...ofDevice(record), command: name, about, id, status });
}

function installed(device: TenantDevice, { work }: Entry, profile: Profile, done: boolean, since: number): void {
  const { name, kind } = profile;
  if (!done) {
    if (work !== undefined) device.failed.set(name, workKey(work));
    return;
  }
  const now: HeldProfile =
    work?.kind === 'install'
      ? { name, kind, authority: work.authority, version: work.version, since, stale: false }
      : {
          name,
          kind,
          authority: device.record.managedBy,
          version: versionOf(profile),
          since,
          stale: false,
          pinned: true,
        };
  device.record = { ...device.record, held: [...device.record.held.filter((held) => held.name !== name), now] };
  device.contents?.set(name, profile);
  device.failed.delete(name);
  device.doubtful.delete(name);
  // A removal answered `later` was meant for what this one has just replaced.
  device.queue.cancel(({ work: other }) => other?.kind === 'remove' && other.name === name);
}

function removed(device: TenantDevice, { work }: Entry, name: string, done: boolean): void {
  const { held } = device.record;
  const expired = held.some((profile) => profile.name === name && profile.expired);
  device.doubtful.delete(name);
  if (!done && !expired) {
    if (work !== undefined) device.failed.set(name, workKey(work));
    return;
  }
  // An expired profile that cannot be removed was dropped by the device's own clock before (A9).
  device.record = { ...device.record, held: held.filter((profile) => profile.name !== name) };
  device.contents?.delete(name);
  device.failed.delete(name);
  const comes = device.queue.open.some(({ work: other }) => other?.kind === 'install' && other.name === name);
  if (!comes) device.secrets.delete(name);
}

const learnt = ['deviceName', 'osVersion', 'model', 'imei'] as const;

function learn(device: TenantDevice, data: Readonly<Record<string, unknown>>): void {
  const facts = learnt.flatMap((key) => {
    const value = data[key];
    return typeof value === 'string' && value !== '' && value.length <= 256 ? [[key, value] as const] : [];
  });
  if (facts.length > 0) device.record = { ...device.record, ...Object.fromEntries(facts) };
}
