// The configuration: `data` of a reply to sync/configuration (specs/android.md §1.3), as the launcher reads and the server writes it.
import type { JsonObject, JsonValue } from '../../base/json.js';
import { emptyObject } from '../../base/json.js';
import { type Fields, readBeans, readFields, restOf } from './beans.js';
import type { Application, ApplicationSetting, HeadwindConfiguration, RemoteFile } from './types.js';

/** What the device acts on. */
const acted = {
  newNumber: 'text',
  newServerUrl: 'text',
  description: 'text',
  custom1: 'text',
  custom2: 'text',
  custom3: 'text',
  imei: 'text',
  phone: 'text',
  password: 'text',
  pushOptions: 'text',
  keepaliveTime: 'integer',
  factoryReset: 'flag',
  reboot: 'flag',
  lock: 'flag',
  lockMessage: 'text',
  passwordReset: 'text',
  passwordMode: 'text',
  kioskMode: 'flag',
  mainApp: 'text',
  permissive: 'flag',
  restrictions: 'text',
  scheduleAppUpdate: 'flag',
  appUpdateFrom: 'text',
  appUpdateTo: 'text',
  downloadUpdates: 'text',
  requestUpdates: 'text',
  appPermissions: 'text',
  wifi: 'flag',
  bluetooth: 'flag',
  gps: 'flag',
  mobileData: 'flag',
  runDefaultLauncher: 'flag',
  timeZone: 'text',
  allowedClasses: 'text',
} as const satisfies Fields;

/** What the launcher's bean has beside: it stays in `rest`, and a wrong type in it is refused all the same. */
const known = {
  backgroundColor: 'text',
  textColor: 'text',
  backgroundImageUrl: 'text',
  iconSize: 'integer',
  title: 'text',
  displayStatus: 'flag',
  lockStatusBar: 'flag',
  systemUpdateType: 'integer',
  systemUpdateFrom: 'text',
  systemUpdateTo: 'text',
  disableLocation: 'flag',
  usbStorage: 'flag',
  autoBrightness: 'flag',
  brightness: 'integer',
  manageTimeout: 'flag',
  timeout: 'integer',
  lockVolume: 'flag',
  manageVolume: 'flag',
  volume: 'integer',
  orientation: 'integer',
  kioskHome: 'flag',
  kioskRecents: 'flag',
  kioskNotifications: 'flag',
  kioskSystemInfo: 'flag',
  kioskKeyguard: 'flag',
  kioskLockButtons: 'flag',
  kioskScreenOn: 'flag',
  lockSafeSettings: 'flag',
  kioskExit: 'flag',
  disableScreenshots: 'flag',
  autostartForeground: 'flag',
  showWifi: 'flag',
  appName: 'text',
  vendor: 'text',
} as const satisfies Fields;

const application = {
  type: 'text',
  name: 'text',
  pkg: 'text',
  version: 'text',
  code: 'integer',
  url: 'text',
  useKiosk: 'flag',
  showIcon: 'flag',
  remove: 'flag',
  runAfterInstall: 'flag',
  runAtBoot: 'flag',
  skipVersion: 'flag',
  iconText: 'text',
  icon: 'text',
  screenOrder: 'integer',
  keyCode: 'integer',
  bottom: 'flag',
  longTap: 'flag',
  intent: 'text',
} as const satisfies Fields;

const setting = {
  packageId: 'text',
  name: 'text',
  type: 'integer',
  value: 'text',
  readOnly: 'flag',
  lastUpdate: 'long',
  variable: 'flag',
} as const satisfies Fields;

const file = {
  path: 'text',
  url: 'text',
  lastUpdate: 'long',
  checksum: 'text',
  remove: 'flag',
  description: 'text',
  varContent: 'flag',
} as const satisfies Fields;

const action = {
  action: 'text',
  categories: 'text',
  packageId: 'text',
  activity: 'text',
  schemes: 'text',
  hosts: 'text',
  mimeTypes: 'text',
} as const satisfies Fields;

/** What is not in `rest`. */
const apart = { ...acted, applications: 'list', applicationSettings: 'list', files: 'list' } as const;

/**
 * Reads `data` as the launcher's Jackson fills its bean: null is absent, unknown keys are ignored (they are in `rest`), a number in
 * the place of a text is its text, and so on (see `readFields`). Throws HEADWIND_MALFORMED for a value that cannot be turned into
 * the type of its field; the launcher then takes the whole reply for a failure of the network.
 */
export function readConfiguration(data: JsonObject): HeadwindConfiguration {
  readFields(known, data, '');
  readBeans(data, 'actions', '', (bean, at) => readFields(action, bean, at));
  return Object.assign(readFields(acted, data, ''), {
    applications: readBeans(data, 'applications', '', readApplication) ?? [],
    applicationSettings: readBeans(data, 'applicationSettings', '', readSetting) ?? [],
    files: readBeans(data, 'files', '', readFile) ?? [],
    rest: restOf(apart, data),
  });
}

function readApplication(bean: JsonObject, at: string): Application {
  const { id, system } = bean; // the launcher has no place for them
  return Object.assign(
    typeof id === 'number' && Number.isFinite(id) ? { id } : {},
    typeof system === 'boolean' ? { system } : undefined,
    readFields(application, bean, at),
  );
}

function readSetting(bean: JsonObject, at: string): ApplicationSetting {
  const { packageId = '', name = '', readOnly: _, ...more } = readFields(setting, bean, at);
  const { readonly } = bean; // by another name than the launcher's
  return { packageId, name, ...more, ...(typeof readonly === 'boolean' ? { readonly } : {}) };
}

function readFile(bean: JsonObject, at: string): RemoteFile {
  const { path = '', checksum: _, ...more } = readFields(file, bean, at);
  return { path, ...more };
}

/** In the order of the server; what is null there is written as null, what is left out there is left out. */
const alwaysWritten = new Set(
  `backgroundColor textColor backgroundImageUrl iconSize requestUpdates disableLocation appPermissions pushOptions keepaliveTime
  passwordMode orientation displayStatus runDefaultLauncher disableScreenshots autostartForeground timeZone allowedClasses
  newServerUrl lockSafeSettings permissive kioskExit showWifi password imei phone title applications`.split(/\s+/),
);
const order =
  `backgroundColor textColor backgroundImageUrl iconSize requestUpdates disableLocation appPermissions pushOptions keepaliveTime
  autoBrightness brightness manageTimeout timeout lockVolume manageVolume volume passwordMode orientation displayStatus
  runDefaultLauncher disableScreenshots autostartForeground timeZone allowedClasses newServerUrl lockSafeSettings permissive kioskExit
  showWifi password imei phone title applications gps bluetooth wifi mobileData usbStorage kioskMode kioskHome kioskRecents
  kioskNotifications kioskSystemInfo kioskKeyguard kioskLockButtons lockStatusBar kioskScreenOn mainApp systemUpdateType
  systemUpdateFrom systemUpdateTo scheduleAppUpdate appUpdateFrom appUpdateTo downloadUpdates applicationSettings files newNumber
  restrictions custom1 custom2 custom3 appName vendor description factoryReset reboot lock lockMessage passwordReset actions`.split(
    /\s+/,
  );
/** Java primitives of the server's bean: never null. */
const primitives: JsonObject = { kioskMode: false, lockStatusBar: false, systemUpdateType: 0 };

const applicationOrder =
  'name id type system version pkg showIcon url code icon iconText useKiosk remove runAfterInstall runAtBoot skipVersion screenOrder keyCode bottom longTap intent'.split(
    ' ',
  );
const settingOrder = 'packageId name type value readonly lastUpdate variable'.split(' ');
const fileOrder = 'path url lastUpdate description remove varContent'.split(' ');

/** `data` as the server writes it: the order of its keys, its nulls, and both lists also where they are empty. */
export function writeConfiguration(configuration: HeadwindConfiguration): JsonObject {
  const { applications, applicationSettings, files, rest, ...more } = configuration;
  const from: JsonObject = Object.assign(emptyObject(), rest, more, {
    applications: applications.map((each) => ordered(applicationOrder, each)),
    applicationSettings: applicationSettings.map((each) => ordered(settingOrder, each)),
    files: files.map((each) => ordered(fileOrder, each)),
  });
  const data = emptyObject();
  for (const name of new Set([...order, ...Object.keys(from)])) {
    const value = from[name] ?? primitives[name] ?? null;
    if (value !== null || alwaysWritten.has(name)) data[name] = value;
  }
  return data;
}

function ordered(names: readonly string[], from: object): JsonObject {
  const members = from as Readonly<Record<string, JsonValue | undefined>>;
  const written = emptyObject();
  for (const name of names) {
    const value = members[name];
    if (value !== undefined && value !== null) written[name] = value;
  }
  return written;
}
