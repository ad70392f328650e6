// Documents of a device, rendered in memory, and read back as the launcher reads them.

import { manualClock } from '../../../base/clock.js';
import { writeConfiguration } from '../../../protocol/headwind/configuration.js';
import type { ApplicationSetting, HeadwindConfiguration } from '../../../protocol/headwind/types.js';
import type { Authority, Command, Profile } from '../../../protocol/vocabulary.js';
import { Shelf } from '../../../server-stub/android/files/shelf.js';
import { renderDocument } from '../../../server-stub/android/render/document.js';
import type { RenderContext, Rendered } from '../../../server-stub/android/render/rendered.js';
import type { DeviceDocument, DocumentItem } from '../../../server-stub/core/document.js';
import type { DeviceRecord } from '../../../server-stub/core/types.js';
import { versionOf } from '../../../server-stub/core/version.js';

export const device: DeviceRecord = {
  id: '00000000-0000-4000-8000-000000000001',
  sequence: 1,
  platform: 'android',
  deviceId: 'h0101',
  serial: 'RF8N10ABCDE',
  userId: 'user-1',
  status: 'enrolled',
  managedBy: 'intune',
  enrolledAt: 0,
  held: [],
  dialect: {},
};

/** An item that a command of this id installs; `id` undefined: one that the device holds. */
export const item = (
  profile: Profile,
  id: string | undefined = `install ${profile.name}`,
  more: Partial<DocumentItem> = {},
): DocumentItem => ({
  name: profile.name,
  profile,
  version: versionOf(profile),
  authority: 'intune',
  isStale: false,
  ...(id !== undefined && { commandIds: [id] }),
  ...more,
});

export const held = (profile: Profile, authority: Authority = 'intune'): DocumentItem => ({
  ...item(profile, undefined, { authority, isStale: authority !== 'intune' }),
  commandIds: [],
});

export const queued = (command: Command, id: string = command.kind): DeviceDocument['commands'][number] => ({
  id,
  deviceId: device.deviceId,
  command,
  queuedAt: 0,
  status: 'sent',
  by: 'administrator',
});

export const documentOf = (items: readonly DocumentItem[], more: Partial<DeviceDocument> = {}): DeviceDocument => ({
  device,
  items,
  removals: [],
  commands: [],
  ...more,
});

export const base = 'https://stub.example:8443';
export const start = Date.UTC(2026, 10, 26);

/** A context with a shelf of its own; challenges are `challenge 1` and on. */
export function contextOf(more: Partial<RenderContext> = {}): RenderContext & { readonly shelf: Shelf } {
  let challenges = 0;
  return {
    base,
    scepUrl: `${base}/scep`,
    scepChallenge: () => `challenge ${++challenges}`,
    challengeMs: 1_800_000,
    certificate: () => undefined,
    now: start,
    user: 'user1@contoso.example',
    pushOptions: 'mqttAlarm',
    keepaliveSeconds: 300,
    memory: {},
    ...more,
    shelf: (more.shelf as Shelf | undefined) ?? new Shelf({ clock: manualClock(start) }),
  };
}

export const rendered = (items: readonly DocumentItem[], more: Partial<RenderContext> = {}): Rendered =>
  renderDocument(documentOf(items), contextOf(more));

/** The bytes of `data` as they are sent. */
export const sent = ({ configuration }: Rendered): string => JSON.stringify(writeConfiguration(configuration));

export const settingOf = (
  { applicationSettings }: HeadwindConfiguration,
  packageId: string,
  name = 'managedConfig',
): ApplicationSetting | undefined =>
  applicationSettings.find((setting) => setting.packageId === packageId && setting.name === name);

/** The managed configuration of an app; undefined where it has none. */
export function bundleSent({ configuration }: Rendered, packageId: string): Record<string, unknown> | undefined {
  const value = settingOf(configuration, packageId)?.value;
  return typeof value === 'string' ? JSON.parse(value) : undefined;
}

export const reasonsOf = ({ refused }: Rendered): string[] =>
  refused.map(({ outcome }) => (outcome.status === 'failed' ? outcome.reason : outcome.status));
