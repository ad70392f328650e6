// What the device says of itself (POST sync/info), as launcher 6.36 makes it (DeviceInfoProvider).
import { companionPackage, passcodeWord, tellPasscode } from '../../../../protocol/app-config/companion.js';
import type { DeviceInfo, HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import { boolAt } from '../../../../protocol/managed-config/bundle.js';
import { bundleOf } from '../../../../protocol/managed-config/read.js';
import type { AndroidContext } from '../context.js';
import { charging, position } from './believable.js';
import { configurationOf } from './configuration.js';
import { hardwareIdentity } from './identity.js';
import { installedApp, launcherPackage } from './installed-apps.js';
import { filePath, underStorage } from './paths.js';

/** What the launcher sends as null is left out. */
export function deviceInfoOf(context: AndroidContext): DeviceInfo {
  const { device, memory, manners, ports } = context;
  const { facts, condition } = device.state;
  const configuration = configurationOf(context);
  const identity = hardwareIdentity(context);
  const now = ports.clock.now();
  const { management } = manners;
  const launcher = defaultLauncher(context, configuration);
  const imei2 = management === 'fully-managed' ? textOf(facts.native['Imei2']) : undefined;
  return {
    deviceId: memory.data.number,
    model: facts.model,
    // device administrator, overlay; usage statistics and accessibility as the open-source launcher answers without asking
    permissions: [management === 'application' ? 0 : 1, 1, 1, 0],
    applications: configuration === undefined ? [] : applicationsOf(context, configuration),
    files: configuration === undefined ? [] : filesOf(context, configuration),
    ...present('phone', textOf(facts.native['Phone']) ?? configuration?.phone),
    ...present('imei', identity.imei ?? configuration?.imei),
    ...present('imei2', imei2),
    ...present('iccid', identity.iccid),
    ...present('imsi', identity.imsi),
    serial: identity.serial,
    cpu: manners.cpu,
    batteryLevel: Math.floor(condition.batteryPercent),
    batteryCharging: charging(facts, now),
    androidVersion: facts.osVersion,
    mdmMode: management === 'fully-managed',
    kioskMode: isKioskRunning(context, configuration),
    launcherType: launcherType(context),
    launcherPackage: launcher,
    defaultLauncher: launcher === launcherPackage,
    ...(configuration !== undefined && tellsPasscode(configuration)
      ? { custom3: passcodeWord(condition.passcode !== undefined) }
      : {}),
    ...present('location', locationOf(context, configuration, now)),
  };
}

const present = <K extends string, V>(key: K, value: V | undefined): { readonly [k in K]?: V } =>
  value === undefined || value === '' ? {} : ({ [key]: value } as { readonly [k in K]: V });

/** By convention the companion asks `KeyguardManager.isDeviceSecure`, and has the launcher tell it (`MDMService.setCustom`). */
function tellsPasscode({ applicationSettings }: HeadwindConfiguration): boolean {
  const settings = applicationSettings.filter(({ packageId }) => packageId === companionPackage);
  const isNamed = settings.some(
    ({ name, value }) => name === tellPasscode || (typeof value === 'string' && value.includes(tellPasscode)),
  );
  return isNamed && boolAt(bundleOf(settings).bundle, tellPasscode) === true; // to read a whole bundle for it costs more
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Configured apps that are installed, each package once: the first entry gives the name. */
function applicationsOf(
  context: AndroidContext,
  { applications }: HeadwindConfiguration,
): { readonly name?: string; readonly pkg: string; readonly version?: string }[] {
  const seen = new Set<string>();
  return applications.flatMap(({ pkg, name, remove }) => {
    if (remove === true || typeof pkg !== 'string' || seen.has(pkg.toLowerCase())) return [];
    const installed = installedApp(context, pkg);
    if (installed === undefined) return [];
    seen.add(pkg.toLowerCase());
    return [{ ...(typeof name === 'string' ? { name } : {}), pkg, version: installed.version }];
  });
}

/**
 * Configured files that exist, as they were recorded when they came. The launcher looks for all of them below shared storage, so
 * that it never lists one whose path begins with two slashes; mode `thorough` does.
 */
function filesOf(
  { memory, manners }: AndroidContext,
  { files }: HeadwindConfiguration,
): { readonly path: string; readonly lastUpdate?: number; readonly remove?: boolean }[] {
  const { files: held = {}, skippedFiles = [] } = memory.data;
  const resolve = manners.mode === 'launcher' ? underStorage : filePath;
  const skipped = new Set(skippedFiles);
  return files.flatMap(({ path, lastUpdate = 0, remove = false }) => {
    if (path === '' || skipped.has(path)) return [];
    const resolved = resolve(path);
    if ('why' in resolved || !Object.hasOwn(held, resolved.path)) return [];
    const record = held[resolved.path]?.records.find(([name]) => name === path);
    // without a record the launcher repeats the configuration's entry; a record knows no `remove`
    return [record === undefined ? { path, lastUpdate, remove } : { path, lastUpdate: record[1], remove: false }];
  });
}

const launcherType = ({ device }: AndroidContext): string =>
  textOf(device.state.facts.native['LauncherType']) ?? 'opensource';

/** The open-source launcher has no kiosk mode; mode `thorough` has, with an app to show in it. */
function isKioskRunning(context: AndroidContext, configuration: HeadwindConfiguration | undefined): boolean {
  const { memory, manners, ports } = context;
  if (configuration?.kioskMode !== true || memory.data.isKioskLeft === true) return false;
  if (manners.mode === 'launcher' && launcherType(context) === 'opensource') return false;
  if ((memory.data.permissiveUntil ?? 0) > ports.clock.now()) return false;
  const { mainApp = '' } = configuration;
  return mainApp !== '' && installedApp(context, mainApp) !== undefined;
}

/** Who is asked when Home is pressed: by convention a person agrees to the launcher where it does not own the device. */
function defaultLauncher(
  { device, manners }: AndroidContext,
  configuration: HeadwindConfiguration | undefined,
): string {
  const isOurs = manners.management !== 'work-profile' && configuration?.runDefaultLauncher !== true;
  if (isOurs) return launcherPackage;
  const { manufacturer } = device.state.facts;
  if (/^google$/i.test(manufacturer)) return 'com.google.android.apps.nexuslauncher';
  return /^samsung$/i.test(manufacturer) ? 'com.sec.android.app.launcher' : 'com.android.launcher3';
}

/** Where the configuration asks for locations and the device may have them. */
function locationOf(
  { device }: AndroidContext,
  configuration: HeadwindConfiguration | undefined,
  now: number,
): DeviceInfo['location'] {
  if (configuration === undefined) return undefined;
  const { requestUpdates, appPermissions, gps, rest } = configuration;
  const isAsked = requestUpdates !== undefined && requestUpdates !== '' && requestUpdates !== 'donotrequest';
  if (!isAsked || gps === false || appPermissions === 'denylocation' || rest['disableLocation'] === true)
    return undefined;
  return { ts: now, ...position(device.state.facts, now) };
}
