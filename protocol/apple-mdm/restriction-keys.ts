// The keys of com.apple.applicationaccess that iOS has (Apple's schema, mdm/profiles), kept equal to it by a test. A device does not
// look at one that a later iOS brought, nor, where it is not supervised, at one that needs supervision.
import { isSince } from './request-types.js';

const groups: readonly {
  readonly since: string;
  readonly any: readonly string[];
  readonly supervised: readonly string[];
}[] = [
  { since: '3.1', any: ['allowScreenShot'], supervised: [] },
  {
    since: '4.0',
    any: [
      'allowCamera',
      'allowGlobalBackgroundFetchWhenRoaming',
      'allowInAppPurchases',
      'allowVoiceDialing',
      'forceEncryptedBackup',
      'ratingApps',
      'ratingMovies',
      'ratingRegion',
      'ratingTVShows',
      'safariAcceptCookies',
      'safariAllowJavaScript',
      'safariAllowPopups',
      'safariForceFraudWarning',
    ],
    supervised: [
      'allowAppInstallation',
      'allowExplicitContent',
      'allowSafari',
      'allowVideoConferencing',
      'allowiTunes',
      'safariAllowAutoFill',
    ],
  },
  { since: '4.1', any: [], supervised: ['allowMultiplayerGaming'] },
  { since: '4.2.1', any: [], supervised: ['allowAddingGameCenterFriends', 'allowAppRemoval'] },
  {
    since: '5.0',
    any: ['allowAssistant', 'allowCloudBackup', 'allowPhotoStream', 'allowUntrustedTLSPrompt'],
    supervised: ['allowChat', 'allowCloudDocumentSync', 'forceAssistantProfanityFilter'],
  },
  { since: '5.1', any: ['allowAssistantWhileLocked'], supervised: [] },
  {
    since: '6.0',
    any: [
      'allowBookstoreErotica',
      'allowDiagnosticSubmission',
      'allowPassbookWhileLocked',
      'allowSharedStream',
      'forceITunesStorePasswordEntry',
    ],
    supervised: ['allowBookstore', 'allowGameCenter', 'allowUIConfigurationProfileInstallation'],
  },
  {
    since: '7.0',
    any: [
      'allowCloudKeychainSync',
      'allowFingerprintForUnlock',
      'allowLockScreenControlCenter',
      'allowLockScreenNotificationsView',
      'allowLockScreenTodayView',
      'allowOTAPKIUpdates',
      'allowOpenFromManagedToUnmanaged',
      'allowOpenFromUnmanagedToManaged',
      'forceLimitAdTracking',
    ],
    supervised: [
      'allowAccountModification',
      'allowAirDrop',
      'allowAppCellularDataModification',
      'allowAssistantUserGeneratedContent',
      'allowFindMyFriendsModification',
      'allowHostPairing',
      'autonomousSingleAppModePermittedAppIDs',
    ],
  },
  { since: '7.1', any: ['forceAirPlayOutgoingRequestsPairingPassword'], supervised: [] },
  {
    since: '8.0',
    any: [
      'allowActivityContinuation',
      'allowEnterpriseBookBackup',
      'allowEnterpriseBookMetadataSync',
      'allowManagedAppsCloudSync',
      'allowSpotlightInternetResults',
    ],
    supervised: ['allowEnablingRestrictions', 'allowEraseContentAndSettings', 'allowPodcasts'],
  },
  {
    since: '8.1.3',
    any: [],
    supervised: ['allowAutoCorrection', 'allowDefinitionLookup', 'allowPredictiveKeyboard', 'allowSpellCheck'],
  },
  { since: '8.2', any: ['forceWatchWristDetection'], supervised: [] },
  { since: '8.3', any: [], supervised: ['allowFingerprintModification'] },
  {
    since: '9.0',
    any: ['allowCloudPhotoLibrary', 'allowEnterpriseAppTrust', 'forceAirDropUnmanaged'],
    supervised: [
      'allowAutomaticAppDownloads',
      'allowDeviceNameModification',
      'allowKeyboardShortcuts',
      'allowNews',
      'allowPairedWatch',
      'allowPasscodeModification',
      'allowUIAppInstallation',
      'allowWallpaperModification',
    ],
  },
  {
    since: '9.3',
    any: ['allowRemoteScreenObservation'],
    supervised: [
      'allowMusicService',
      'allowNotificationsModification',
      'allowRadioService',
      'blacklistedAppBundleIDs',
      'whitelistedAppBundleIDs',
    ],
  },
  { since: '9.3.2', any: [], supervised: ['allowDiagnosticSubmissionModification'] },
  { since: '10.3', any: [], supervised: ['allowDictation', 'forceWiFiWhitelisting'] },
  {
    since: '11.0',
    any: [],
    supervised: [
      'allowAirPrint',
      'allowAirPrintCredentialsStorage',
      'allowAirPrintiBeaconDiscovery',
      'allowBluetoothModification',
      'allowCellularPlanModification',
      'allowProximitySetupToNewDevice',
      'allowSystemAppRemoval',
      'allowVPNCreation',
      'forceAirPrintTrustedTLSRequirement',
      'forceAuthenticationBeforeAutoFill',
      'forceClassroomAutomaticallyJoinClasses',
      'forceClassroomUnpromptedAppAndDeviceLock',
      'forceClassroomUnpromptedScreenObservation',
    ],
  },
  {
    since: '11.3',
    any: [],
    supervised: [
      'enforcedSoftwareUpdateDelay',
      'forceClassroomRequestPermissionToLeaveClasses',
      'forceDelayedSoftwareUpdates',
    ],
  },
  { since: '11.4.1', any: [], supervised: ['allowUSBRestrictedMode'] },
  {
    since: '12.0',
    any: ['allowManagedToWriteUnmanagedContacts', 'allowUnmanagedToReadManagedContacts'],
    supervised: [
      'allowPasswordAutoFill',
      'allowPasswordProximityRequests',
      'allowPasswordSharing',
      'forceAutomaticDateAndTime',
    ],
  },
  { since: '12.1', any: [], supervised: ['allowESIMModification'] },
  { since: '12.2', any: [], supervised: ['allowPersonalHotspotModification'] },
  {
    since: '13.0',
    any: [],
    supervised: [
      'allowContinuousPathKeyboard',
      'allowFilesUSBDriveAccess',
      'allowFindMyDevice',
      'allowFindMyFriends',
      'forceWiFiPowerOn',
    ],
  },
  { since: '13.1', any: [], supervised: ['allowFilesNetworkDriveAccess'] },
  { since: '13.4', any: [], supervised: ['allowSharedDeviceTemporarySession'] },
  { since: '14.0', any: ['allowApplePersonalizedAdvertising'], supervised: ['allowAppClips'] },
  { since: '14.2', any: [], supervised: ['allowNFC'] },
  {
    since: '14.5',
    any: ['allowAutoUnlock', 'forceOnDeviceOnlyDictation'],
    supervised: ['allowUnpairedExternalBootToRecovery', 'forceWiFiToAllowedNetworksOnly'],
  },
  {
    since: '15.0',
    any: ['forceOnDeviceOnlyTranslation', 'requireManagedPasteboard'],
    supervised: ['allowCloudPrivateRelay', 'allowListedAppBundleIDs', 'blockedAppBundleIDs'],
  },
  { since: '15.2', any: [], supervised: ['allowMailPrivacyProtection'] },
  {
    since: '16.0',
    any: [],
    supervised: ['allowRapidSecurityResponseInstallation', 'allowRapidSecurityResponseRemoval'],
  },
  { since: '17.0', any: [], supervised: ['allowiPhoneWidgetsOnMac'] },
  { since: '17.2', any: [], supervised: ['allowLiveVoicemail', 'forcePreserveESIMOnErase'] },
  { since: '17.4', any: [], supervised: ['allowAutoDim', 'allowMarketplaceAppInstallation'] },
  { since: '17.5', any: [], supervised: ['allowWebDistributionAppInstallation'] },
  {
    since: '18.0',
    any: [],
    supervised: [
      'allowAppsToBeHidden',
      'allowAppsToBeLocked',
      'allowESIMOutgoingTransfers',
      'allowGenmoji',
      'allowImagePlayground',
      'allowImageWand',
      'allowPersonalizedHandwritingResults',
      'allowWritingTools',
      'allowiPhoneMirroring',
    ],
  },
  { since: '18.1', any: [], supervised: ['allowCallRecording', 'allowMailSummary', 'allowRCSMessaging'] },
];

interface Needs {
  readonly since: string;
  readonly isSupervisedOnly: boolean;
}

const needs = (keys: readonly string[], needed: Needs) => keys.map((key) => [key, needed] as const);

/** What each restriction needs. */
export const restrictionKeys: ReadonlyMap<string, Needs> = new Map(
  groups.flatMap(({ since, any, supervised }) => [
    ...needs(any, { since, isSupervisedOnly: false }),
    ...needs(supervised, { since, isSupervisedOnly: true }),
  ]),
);

/** True for a restriction that this device enforces. */
export function isEnforced(key: string, device: { readonly osVersion: string; readonly supervised: boolean }): boolean {
  const needed = restrictionKeys.get(key);
  if (needed === undefined || !isSince(device.osVersion, needed.since)) return false;
  return device.supervised || !needed.isSupervisedOnly;
}
