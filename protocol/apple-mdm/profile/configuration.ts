// Payloads that are kept as they come. What Apple's schema says of their types, not of their keys, still holds
// (`supportedOS.iOS` of each YAML); a test compares these lists with it.
import type { PlistDict } from '../../plist/value.js';
import type { Payload } from './profile.js';

/** Only on a supervised device: 4025. */
export const supervisedTypes: readonly string[] = [
  'com.apple.SetupAssistant.managed',
  'com.apple.app.lock',
  'com.apple.homescreenlayout',
  'com.apple.notificationsettings',
  'com.apple.profileRemovalPassword',
  'com.apple.proxy.http.global',
  'com.apple.shareddeviceconfiguration',
  'com.apple.tvremote',
];

/** Never in User Enrollment: 4023. */
export const userEnrollmentForbids: readonly string[] = [
  'com.apple.SetupAssistant.managed',
  'com.apple.apn.managed',
  'com.apple.app.lock',
  'com.apple.cellular',
  'com.apple.declarations',
  'com.apple.dnsSettings.managed',
  'com.apple.domains',
  'com.apple.homescreenlayout',
  'com.apple.networkusagerules',
  'com.apple.notificationsettings',
  'com.apple.osxserver.account',
  'com.apple.profileRemovalPassword',
  'com.apple.proxy.http.global',
  'com.apple.shareddeviceconfiguration',
  'com.apple.tvremote',
  'com.apple.vpn.managed',
];

/** Never by hand: 4022. */
export const onlyByMdm: readonly string[] = [
  'com.apple.dnsProxy.managed',
  'com.apple.extensiblesso',
  'com.apple.networkusagerules',
];

/** One on a device at most, with the code for the second. Apple allows only one of some other types too, but names no code. */
export const onePerDevice: ReadonlyMap<string, number> = new Map(
  Object.entries({
    'com.apple.proxy.http.global': 4017,
    'com.apple.apn.managed': 4018,
    'com.apple.cellular': 4018,
    'com.apple.app.lock': 4019,
    'com.apple.homescreenlayout': 4028,
    'com.apple.notificationsettings': 4029,
  }),
);

const commonKeys = new Set([
  'PayloadIdentifier',
  'PayloadUUID',
  'PayloadType',
  'PayloadVersion',
  'PayloadDescription',
  'PayloadDisplayName',
  'PayloadOrganization',
]);

/** A payload's own keys, without those that every payload has. */
export function ownSettings(payload: Payload): PlistDict {
  const settings: PlistDict = Object.create(null);
  for (const [key, value] of Object.entries(payload.content)) if (!commonKeys.has(key)) settings[key] = value;
  return settings;
}
