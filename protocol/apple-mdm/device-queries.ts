// What DeviceInformation can be asked for on iOS (Apple's schema, mdm/commands/information.device), kept equal to it by a test.
import { accessRights, type Requirement } from './request-types.js';

type Group = readonly [requirement: Requirement, queries: readonly string[]];

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

/** Each query that iOS knows, and what it needs; one unknown or not permitted is left out of QueryResponses, never an error. */
export const deviceQueries: ReadonlyMap<string, Requirement> = new Map(
  groups.flatMap(([requirement, queries]) => queries.map((query) => [query, requirement] as const)),
);
