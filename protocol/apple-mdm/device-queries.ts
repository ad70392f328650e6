// What DeviceInformation can be asked for on iOS (Apple's schema, mdm/commands/information.device), kept equal to it by a test.
import { accessRights, type Requirement } from './request-types.js';

type Group = readonly [requirement: Omit<Requirement, 'since'>, queries: readonly string[]];

const groups: readonly Group[] = [
  [
    { rights: 0, isSupervisedOnly: false, isInUserEnrollment: false, isSharedIpadOnly: false },
    ['UDID', 'LastCloudBackupDate', 'AwaitingConfiguration', 'SoftwareUpdateDeviceID', 'SoftwareUpdateSettings'],
  ],
  [
    { rights: 0, isSupervisedOnly: false, isInUserEnrollment: true, isSharedIpadOnly: false },
    ['OrganizationInfo', 'MDMOptions', 'DevicePropertiesAttestation'],
  ],
  [
    { rights: accessRights.manageApps, isSupervisedOnly: false, isInUserEnrollment: false, isSharedIpadOnly: false },
    ['iTunesStoreAccountIsActive', 'iTunesStoreAccountHash'],
  ],
  [
    { rights: accessRights.inspectDevice, isSupervisedOnly: false, isInUserEnrollment: true, isSharedIpadOnly: false },
    [
      'DeviceName',
      'OSVersion',
      'SupplementalOSVersionExtra',
      'BuildVersion',
      'SupplementalBuildVersion',
      'ModelName',
      'Model',
      'ModelNumber',
      'ProductName',
      'DeviceCapacity',
      'AvailableDeviceCapacity',
      'CellularTechnology',
      'BatteryLevel',
      'IsSupervised',
      'IsMultiUser',
      'IsDeviceLocatorServiceEnabled',
      'EASDeviceIdentifier',
      'DiagnosticSubmissionEnabled',
      'AppAnalyticsEnabled',
      'TimeZone',
    ],
  ],
  [
    { rights: accessRights.inspectDevice, isSupervisedOnly: false, isInUserEnrollment: false, isSharedIpadOnly: false },
    [
      'SerialNumber',
      'IMEI',
      'MEID',
      'ModemFirmwareVersion',
      'IsActivationLockEnabled',
      'IsDoNotDisturbInEffect',
      'IsCloudBackupEnabled',
      'IsMDMLostModeEnabled',
    ],
  ],
  [
    { rights: accessRights.inspectDevice, isSupervisedOnly: true, isInUserEnrollment: false, isSharedIpadOnly: true },
    [
      'MaximumResidentUsers',
      'EstimatedResidentUsers',
      'QuotaSize',
      'ResidentUsers',
      'UserSessionTimeout',
      'TemporarySessionTimeout',
      'TemporarySessionOnly',
      'ManagedAppleIDDefaultDomains',
      'OnlineAuthenticationGracePeriod',
      'SkipLanguageAndLocaleSetupForNewUsers',
    ],
  ],
  [
    { rights: accessRights.inspectDevice, isSupervisedOnly: false, isInUserEnrollment: false, isSharedIpadOnly: true },
    ['PushToken'],
  ],
  [
    {
      rights: accessRights.inspectNetwork,
      isSupervisedOnly: false,
      isInUserEnrollment: false,
      isSharedIpadOnly: false,
    },
    [
      'ICCID',
      'BluetoothMAC',
      'WiFiMAC',
      'CurrentCarrierNetwork',
      'SubscriberCarrierNetwork',
      'CarrierSettingsVersion',
      'PhoneNumber',
      'DataRoamingEnabled',
      'VoiceRoamingEnabled',
      'PersonalHotspotEnabled',
      'IsRoaming',
      'SubscriberMCC',
      'SubscriberMNC',
      'CurrentMCC',
      'CurrentMNC',
      'ServiceSubscriptions',
    ],
  ],
  [
    { rights: accessRights.inspectNetwork, isSupervisedOnly: false, isInUserEnrollment: true, isSharedIpadOnly: false },
    ['IsNetworkTethered'],
  ],
  [{ rights: 0, isSupervisedOnly: true, isInUserEnrollment: false, isSharedIpadOnly: true }, ['AccessibilitySettings']],
];

/** Which version of iOS brought which queries; the others are as old as MDM. */
const cameWith: readonly (readonly [since: string, queries: readonly string[]])[] = [
  ['4.2', ['IsRoaming']],
  ['4.2.6', ['CellularTechnology', 'SubscriberMCC', 'SubscriberMNC']],
  ['5.0', ['BatteryLevel', 'SubscriberCarrierNetwork', 'DataRoamingEnabled', 'VoiceRoamingEnabled']],
  ['6.0', ['IsSupervised']],
  [
    '7.0',
    [
      'OrganizationInfo',
      'MDMOptions',
      'iTunesStoreAccountIsActive',
      'IsDeviceLocatorServiceEnabled',
      'IsActivationLockEnabled',
      'IsDoNotDisturbInEffect',
      'EASDeviceIdentifier',
      'PersonalHotspotEnabled',
    ],
  ],
  ['7.1', ['IsCloudBackupEnabled']],
  ['8.0', ['LastCloudBackupDate', 'iTunesStoreAccountHash']],
  ['9.0', ['AwaitingConfiguration']],
  [
    '9.3',
    [
      'IsMultiUser',
      'IsMDMLostModeEnabled',
      'MaximumResidentUsers',
      'PushToken',
      'DiagnosticSubmissionEnabled',
      'AppAnalyticsEnabled',
    ],
  ],
  ['10.3', ['IsNetworkTethered']],
  ['12.0', ['ServiceSubscriptions']],
  ['13.4', ['QuotaSize', 'ResidentUsers']],
  ['14.0', ['EstimatedResidentUsers', 'TimeZone']],
  ['14.5', ['UserSessionTimeout', 'TemporarySessionTimeout', 'TemporarySessionOnly', 'SoftwareUpdateSettings']],
  ['15.0', ['SoftwareUpdateDeviceID']],
  [
    '16.0',
    [
      'ManagedAppleIDDefaultDomains',
      'OnlineAuthenticationGracePeriod',
      'AccessibilitySettings',
      'DevicePropertiesAttestation',
    ],
  ],
  ['16.1', ['SupplementalOSVersionExtra', 'SupplementalBuildVersion']],
  ['16.2', ['SkipLanguageAndLocaleSetupForNewUsers']],
  ['16.4', ['ModelNumber']],
];
const since = new Map(cameWith.flatMap(([version, queries]) => queries.map((query) => [query, version] as const)));

/** Each query that iOS knows, and what it needs; one unknown or not permitted is left out of QueryResponses, never an error. */
export const deviceQueries: ReadonlyMap<string, Requirement> = new Map(
  groups.flatMap(([requirement, queries]) =>
    queries.map((query) => [query, { ...requirement, since: since.get(query) ?? '4.0' }] as const),
  ),
);
