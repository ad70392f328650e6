// A managed device as the directory has it: microsoft.graph.device. Its ids there follow from its id here, and lead back to it.
import { hash } from 'node:crypto';
import type { ComplianceState } from '../core/compliance-types.js';
import type { CompliancePolicies } from '../core/interfaces.js';
import type { DeviceRecord } from '../core/types.js';
import type { Row } from './filter.js';
import type { AdminPorts } from './graph.js';
import { isoTime } from './graph.js';
import { wordsOf } from './platform-words.js';

/** `objectId`: the `id` of a device of the directory. `deviceId`: its `deviceId`, and `azureADDeviceId` of the managed device. */
type DirectoryId = 'objectId' | 'deviceId';

/** Version and variant of a UUID stay as they are. */
const masks = new Map<DirectoryId, readonly number[]>(
  (['objectId', 'deviceId'] as const).map((which) => [
    which,
    [...hash('sha256', `directory ${which}`, 'hex').slice(0, 32)].map((digit, place) =>
      place === 12 || place === 16 ? 0 : Number.parseInt(digit, 16),
    ),
  ]),
);

/** From a record's id to that id, and back again: the same step both ways. What is no UUID stays as it is. */
export function directoryId(which: DirectoryId, id: string): string {
  const lower = id.toLowerCase();
  if (!/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(lower)) return lower;
  let place = 0;
  return lower.replace(/[\da-f]/g, (digit) =>
    (Number.parseInt(digit, 16) ^ (masks.get(which)?.[place++] ?? 0)).toString(16),
  );
}

/** Graph's trustType, and joinType of a managed device, by its deviceEnrollmentType. */
const joined: Readonly<Record<string, readonly [trustType: string, joinType: string]>> = {
  windowsAzureADJoin: ['AzureAd', 'azureADJoined'],
  windowsAzureADJoinUsingDeviceAuth: ['AzureAd', 'azureADJoined'],
  windowsBulkAzureDomainJoin: ['AzureAd', 'azureADJoined'],
  windowsBulkUserless: ['AzureAd', 'azureADJoined'],
  windowsAutoEnrollment: ['ServerAd', 'hybridAzureADJoined'],
  windowsCoManagement: ['ServerAd', 'hybridAzureADJoined'],
};
const registered = ['Workplace', 'azureADRegistered'] as const;

export const joinOf = (deviceEnrollmentType: string): readonly [trustType: string, joinType: string] =>
  joined[deviceEnrollmentType] ?? registered;

/** In its days of grace a device counts as compliant; null where nothing is known. */
const isCompliant: Readonly<Record<ComplianceState, boolean | null>> = {
  compliant: true,
  inGracePeriod: true,
  noncompliant: false,
  unknown: null,
};

export function toDirectoryDevice(
  { tenant, words }: Pick<AdminPorts<CompliancePolicies>, 'tenant' | 'words'>,
  device: DeviceRecord,
): Row {
  const { operatingSystem, columns } = wordsOf(words, device.platform);
  const { manufacturer, managedDeviceOwnerType, deviceEnrollmentType } = columns(device);
  return {
    '@odata.type': '#microsoft.graph.device',
    id: directoryId('objectId', device.id),
    deviceId: directoryId('deviceId', device.id),
    accountEnabled: true,
    displayName: device.deviceName ?? device.serial,
    operatingSystem,
    operatingSystemVersion: device.osVersion ?? '',
    isManaged: true,
    isCompliant: isCompliant[tenant.complianceOf(device.deviceId).state],
    trustType: joinOf(deviceEnrollmentType)[0],
    deviceOwnership: managedDeviceOwnerType === 'company' ? 'Company' : 'Personal',
    manufacturer,
    model: device.model ?? '',
    approximateLastSignInDateTime: isoTime(device.lastSyncAt ?? device.enrolledAt),
    registrationDateTime: isoTime(device.enrolledAt),
    rollcall: { managedDeviceId: device.id, deviceId: device.deviceId },
  };
}

export const directoryFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'deviceId',
  'accountEnabled',
  'displayName',
  'operatingSystem',
  'operatingSystemVersion',
  'isManaged',
  'isCompliant',
  'trustType',
  'deviceOwnership',
  'manufacturer',
  'model',
  'approximateLastSignInDateTime',
  'registrationDateTime',
  'rollcall',
]);
