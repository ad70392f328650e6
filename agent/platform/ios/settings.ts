// The items of the Settings command, one row each (Apple's schema, mdm/commands/settings).
import { createHash } from 'node:crypto';
import { type ErrorChain, link } from '../../../protocol/apple-mdm/error-chain.js';
import { accessRights, isSince } from '../../../protocol/apple-mdm/request-types.js';
import { refusalOf } from './answer.js';
import { managedApp, withApp } from './apps.js';
import type { CommandContext } from './context.js';
import { FormatError, type Parameters } from './parameters.js';
import type { SavedSettings } from './saved.js';
import { native, plainDict } from './translate.js';

export type ItemResult = { readonly identifier?: string } & (
  | { readonly status: 'done' }
  | { readonly status: 'later' }
  | { readonly status: 'failed'; readonly chain: ErrorChain }
);

interface ItemRule {
  readonly rights?: number;
  readonly isSupervisedOnly?: true;
  /** The version of iOS that brought it; as old as Settings where it does not say. */
  readonly since?: string;
  /** Only a Shared iPad has it; this device is none. */
  readonly isSharedIpadOnly?: true;
  apply(item: Parameters, context: CommandContext): Promise<ItemResult>;
}

const done: ItemResult = { status: 'done' };
const failed = (...chain: ErrorChain): ItemResult => ({ status: 'failed', chain });
const textSizes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const accessibilitySwitches = [
  'BoldTextEnabled',
  'IncreaseContrastEnabled',
  'ReduceMotionEnabled',
  'ReduceTransparencyEnabled',
  'TouchAccommodationsEnabled',
  'VoiceOverEnabled',
  'ZoomEnabled',
];

/** Lets the device know, and remembers the setting when it agrees. */
async function remember(name: string, settings: Partial<SavedSettings>, context: CommandContext): Promise<ItemResult> {
  const refused = refusalOf(await context.apply(native(`Settings/${name}`, settings)));
  if (refused !== undefined) return asItem(refused);
  context.memory.change({ settings: { ...context.memory.data.settings, ...settings } });
  return done;
}

function asItem(refused: { readonly status: string; readonly chain?: ErrorChain }): ItemResult {
  return refused.status === 'NotNow' ? { status: 'later' } : failed(...(refused.chain ?? []));
}

function toggle(name: string, key: 'personalHotspot' | 'bluetooth'): ItemRule {
  return { apply: (item, context) => remember(name, { [key]: item.boolean('Enabled') }, context) };
}

const sharedIpad = (since: string): ItemRule => ({ isSharedIpadOnly: true, since, apply: async () => done });

export const settingItems: Readonly<Record<string, ItemRule>> = {
  Wallpaper: {
    isSupervisedOnly: true,
    since: '8.0',
    apply(item, context) {
      const where = item.integer('Where', [1, 2, 3]);
      const image = item.data('Image');
      if (!isImage(image))
        return Promise.resolve(
          failed(link('settings', 28001, 'The wallpaper could not be set: it is no PNG or JPEG.')),
        );
      return remember(
        'Wallpaper',
        { wallpaper: { where, sha256: createHash('sha256').update(image).digest() } },
        context,
      );
    },
  },
  // "Enabling data roaming also enables voice roaming", "disabling voice roaming also disables data roaming".
  DataRoaming: {
    apply(item, context) {
      const on = item.boolean('Enabled');
      return remember('DataRoaming', { dataRoaming: on, ...(on ? { voiceRoaming: true } : {}) }, context);
    },
  },
  VoiceRoaming: {
    apply(item, context) {
      const on = item.boolean('Enabled');
      return remember('VoiceRoaming', { voiceRoaming: on, ...(on ? {} : { dataRoaming: false }) }, context);
    },
  },
  PersonalHotspot: { ...toggle('PersonalHotspot', 'personalHotspot'), rights: accessRights.inspectNetwork },
  Bluetooth: { ...toggle('Bluetooth', 'bluetooth'), isSupervisedOnly: true, since: '11.3' },
  ApplicationConfiguration: {
    rights: accessRights.manageApps,
    since: '7.0',
    apply: (item, context) => changeApp('Configuration', item, context),
  },
  ApplicationAttributes: {
    rights: accessRights.manageApps,
    since: '7.0',
    apply: (item, context) => changeApp('Attributes', item, context),
  },
  DeviceName: {
    isSupervisedOnly: true,
    async apply(item, context) {
      const refused = refusalOf(await context.apply({ kind: 'rename', deviceName: item.name('DeviceName') }));
      return refused === undefined ? done : asItem(refused);
    },
  },
  OrganizationInfo: {
    async apply(item, context) {
      const info = item.optionalDict('OrganizationInfo');
      const organization: Record<string, string> = {};
      if (info !== undefined) {
        info.string('OrganizationName');
        for (const key of Object.keys(info.body))
          if (key.startsWith('Organization')) organization[key] = info.string(key);
        return await remember('OrganizationInfo', { organization }, context);
      }
      const refused = refusalOf(await context.apply(native('Settings/OrganizationInfo')));
      if (refused !== undefined) return asItem(refused);
      const { organization: _gone, ...rest } = context.memory.data.settings ?? {};
      context.memory.change({ settings: rest });
      return done;
    },
  },
  MDMOptions: {
    since: '7.0',
    async apply(item, context) {
      const allowed = item.dict('MDMOptions').optionalBoolean('ActivationLockAllowedWhileSupervised') ?? false;
      if (!context.device.state.facts.supervised) return done; // "ignored on unsupervised devices"
      return await remember('MDMOptions', { activationLockAllowed: allowed }, context);
    },
  },
  MaximumResidentUsers: sharedIpad('9.3'),
  SharedDeviceConfiguration: sharedIpad('13.4'),
  DiagnosticSubmission: sharedIpad('9.3'),
  AppAnalytics: sharedIpad('9.3.2'),
  PasscodeLockGracePeriod: sharedIpad('9.3.2'),
  TimeZone: {
    isSupervisedOnly: true,
    since: '14.0',
    apply(item, context) {
      const timeZone = item.name('TimeZone');
      if (!isTimeZone(timeZone))
        return Promise.resolve(failed(link('settings', 28002, `“${timeZone}” is not a time zone.`)));
      return remember('TimeZone', { timeZone }, context);
    },
  },
  SoftwareUpdateSettings: {
    isSupervisedOnly: true,
    since: '14.5',
    apply: (item, context) =>
      remember(
        'SoftwareUpdateSettings',
        { recommendationCadence: item.integer('RecommendationCadence', [0, 1, 2]) },
        context,
      ),
  },
  AccessibilitySettings: {
    isSupervisedOnly: true,
    since: '16.0',
    apply(item, context) {
      const changed: Record<string, boolean | number> = {};
      for (const key of accessibilitySwitches) if (item.has(key)) changed[key] = item.boolean(key);
      if (item.has('TextSize')) changed['TextSize'] = item.integer('TextSize', textSizes);
      const accessibility = { ...context.memory.data.settings?.accessibility, ...changed };
      return remember('AccessibilitySettings', { accessibility }, context);
    },
  },
};

/** Carries one item out, or tells why not. An item of a shape that is not its own fails alone; the others go on. */
export async function applyItem(name: string, item: Parameters, context: CommandContext): Promise<ItemResult> {
  const rule = Object.hasOwn(settingItems, name) ? settingItems[name] : undefined;
  const { supervised, osVersion } = context.device.state.facts;
  const granted = context.memory.data.management.accessRights;
  if (rule === undefined || !isSince(osVersion, rule.since ?? '5.0'))
    return failed(link('settings', 28000, `“${name}” is not a setting that this device knows.`));
  if (rule.isSharedIpadOnly) return failed(link('settings', 28000, `“${name}” is a setting of Shared iPad only.`));
  if (rule.isSupervisedOnly && !supervised) return failed(link('chaperone', 29000, 'The device is not supervised.'));
  if (rule.rights !== undefined && (granted & rule.rights) !== rule.rights) {
    return failed(link('mdm', 12007, 'The authority may not change this setting.'));
  }
  try {
    return await rule.apply(item, context);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return failed(link('mdm', 12008, error.message));
  }
}

async function changeApp(
  key: 'Configuration' | 'Attributes',
  item: Parameters,
  context: CommandContext,
): Promise<ItemResult> {
  const identifier = item.name('Identifier');
  const value = item.optionalDict(key);
  const app = managedApp(context.memory.data, identifier);
  if (app === undefined)
    return { ...failed(link('mdm', 12029, `The app “${identifier}” is not managed.`)), identifier };
  const refused = refusalOf(await context.apply(native(`Settings/Application${key}`, { identifier })));
  if (refused !== undefined) return { ...asItem(refused), identifier };
  const field = key === 'Configuration' ? 'configuration' : 'attributes';
  const { [field]: _before, ...rest } = app;
  const changed = value === undefined ? rest : { ...rest, [field]: plainDict(value.body) };
  context.memory.change({ apps: withApp(context.memory.data, changed) });
  return { ...done, identifier };
}

const isImage = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x89 && bytes[1] === 0x50) || (bytes[0] === 0xff && bytes[1] === 0xd8);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
