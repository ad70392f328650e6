// What a device says of itself: the body of sync/info and of the confirmations (specs/android.md §1.4, §1.7).
import { isObject, type JsonObject, type JsonValue } from '../../base/json.js';
import { type Fields, readBeans, readFields } from './beans.js';
import { readJacksonBytes, writeJackson } from './jackson.js';
import { javaDoubleText } from './java-numbers.js';
import { malformed } from './refusal.js';
import type { DeviceInfo } from './types.js';

const info = {
  androidVersion: 'text',
  batteryCharging: 'text',
  batteryLevel: 'integer',
  cpu: 'text',
  custom1: 'text',
  custom2: 'text',
  custom3: 'text',
  defaultLauncher: 'flag',
  deviceId: 'text',
  factoryReset: 'flag',
  iccid: 'text',
  iccid2: 'text',
  imei: 'text',
  imei2: 'text',
  imsi: 'text',
  imsi2: 'text',
  kioskMode: 'flag',
  launcherPackage: 'text',
  launcherType: 'text',
  mdmMode: 'flag',
  model: 'text',
  phone: 'text',
  phone2: 'text',
  serial: 'text',
} as const satisfies Fields;

/** What the launcher's beans hold where nobody set anything. */
const plainApplication: JsonObject = {
  bottom: false,
  code: null,
  icon: null,
  iconText: null,
  intent: null,
  keyCode: null,
  longTap: false,
  name: null,
  pkg: null,
  remove: false,
  runAfterInstall: false,
  runAtBoot: false,
  screenOrder: null,
  showIcon: false,
  skipVersion: false,
  type: null,
  url: null,
  useKiosk: false,
  version: null,
};
const plainFile: JsonObject = {
  checksum: null,
  description: null,
  lastUpdate: 0,
  path: null,
  remove: false,
  url: null,
  varContent: false,
};
const plainInfo: JsonObject = { batteryLevel: 0, defaultLauncher: false, kioskMode: false, mdmMode: false };

/**
 * The body as launcher 6.36 writes it: fields by name, which is the order of Android's reflection; its own nulls left out, those of
 * apps and files written. `batteryCharging` is never sent: its getter is named as only that of a boolean may be.
 */
export function writeInfo(given: DeviceInfo): Buffer {
  const { location, applications = [], files = [], permissions = [], batteryCharging: _, ...texts } = given;
  const members: Record<string, JsonValue | undefined> = {
    ...plainInfo,
    ...texts,
    applications: applications.map((each) => ({ ...plainApplication, ...each })),
    files: files.map((each) => ({ ...plainFile, ...each })),
    permissions: [...permissions],
  };
  const names = Object.keys(members);
  if (location !== undefined) names.push('location');
  const written: string[] = [];
  for (const name of names.sort()) {
    const value = members[name];
    if (name === 'location' && location !== undefined) written.push(`"location":${locationText(location)}`);
    else if (value !== undefined && value !== null) written.push(`"${name}":${writeJackson(value)}`);
  }
  return Buffer.from(`{${written.join(',')}}`);
}

const locationText = ({ ts, lat, lon }: NonNullable<DeviceInfo['location']>): string =>
  `{"lat":${javaDoubleText(lat)},"lon":${javaDoubleText(lon)},"ts":${ts}}`;

/** The body as the server reads it. Throws HEADWIND_MALFORMED for what the server answers with HTTP 400 and a text. */
export function readInfo(bytes: Uint8Array): DeviceInfo {
  const body = readJacksonBytes(bytes, 'the body');
  if (!isObject(body)) throw malformed('the body', 'is not a JSON object');
  const { deviceId = '', ...texts } = readFields(info, body, '', '2.10');
  const location = locationOf(body['location']);
  const applications = readBeans(body, 'applications', '', readApplication);
  const files = readBeans(body, 'files', '', readFile);
  const permissions = permissionsOf(body['permissions']);
  return {
    deviceId,
    ...texts,
    ...(applications === undefined ? {} : { applications }),
    ...(files === undefined ? {} : { files }),
    ...(permissions === undefined ? {} : { permissions }),
    ...(location === undefined ? {} : { location }),
  };
}

/** What else the server's bean of an app has in common with the launcher's: a wrong type in it is refused. */
const serverApplication = {
  name: 'text',
  pkg: 'text',
  version: 'text',
  url: 'text',
  intent: 'text',
  showIcon: 'flag',
  useKiosk: 'flag',
  remove: 'flag',
  runAfterInstall: 'flag',
  runAtBoot: 'flag',
  skipVersion: 'flag',
  bottom: 'flag',
  longTap: 'flag',
} as const satisfies Fields;
const applicationTypes: readonly JsonValue[] = ['app', 'web', 'intent', 0, 1, 2];

type InfoApplication = NonNullable<DeviceInfo['applications']>[number];

function readApplication(bean: JsonObject, at: string): InfoApplication {
  const { pkg = '', name, version } = readFields(serverApplication, bean, at, '2.10');
  const { type = null } = bean;
  if (type !== null && !applicationTypes.includes(type))
    throw malformed(`${at}/type`, 'is none of app, web and intent');
  return { pkg, ...(name === undefined ? {} : { name }), ...(version === undefined ? {} : { version }) };
}

function readFile(bean: JsonObject, at: string): { path: string; lastUpdate?: number; remove?: boolean } {
  const { path = '', ...more } = readFields({ path: 'text', lastUpdate: 'long', remove: 'flag' }, bean, at, '2.10');
  return { path, ...more };
}

function locationOf(value: JsonValue | undefined): DeviceInfo['location'] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw malformed('location', 'is not an object');
  const { ts = 0, lat = 0, lon = 0 } = readFields({ ts: 'long', lat: 'double', lon: 'double' }, value, 'location');
  return { ts, lat, lon };
}

function permissionsOf(value: JsonValue | undefined): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw malformed('permissions', 'is not a list');
  return value.map((item, at) => readFields({ given: 'integer' }, { given: item }, `permissions/${at}`).given ?? 0);
}
