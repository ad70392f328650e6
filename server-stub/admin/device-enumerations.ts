// The words that fields of a device may be, as Graph lists them: another in a $filter is 400.
import type { Enumerations } from './filter.js';
import { deviceEnrollmentTypes, operatingSystems, type WordsByPlatform } from './platform-words.js';

const managementAgents = [
  'eas',
  'mdm',
  'easMdm',
  'intuneClient',
  'easIntuneClient',
  'configurationManagerClient',
  'configurationManagerClientMdm',
  'configurationManagerClientMdmEas',
  'unknown',
  'jamf',
  'googleCloudDevicePolicyController',
  'msSense',
  'intuneAosp',
];

/** Of microsoft.graph.managedDevice. `beta` has one agent more: Basic Mobility and Security's. */
export const managedDeviceEnumerations = (words: WordsByPlatform, version: 'v1.0' | 'beta' = 'v1.0'): Enumerations => ({
  operatingSystem: operatingSystems(words),
  managedDeviceOwnerType: new Set(['unknown', 'company', 'personal']),
  deviceEnrollmentType: deviceEnrollmentTypes,
  complianceState: new Set([
    'unknown',
    'compliant',
    'noncompliant',
    'conflict',
    'error',
    'inGracePeriod',
    'configManager',
  ]),
  managementAgent: new Set([...managementAgents, ...(version === 'beta' ? ['microsoft365ManagedMdm'] : [])]),
  managementState: new Set([
    'managed',
    'retirePending',
    'retireFailed',
    'wipePending',
    'wipeFailed',
    'unhealthy',
    'deletePending',
    'retireIssued',
    'wipeIssued',
    'wipeCanceled',
    'retireCanceled',
    'discovered',
  ]),
  exchangeAccessState: new Set(['none', 'unknown', 'allowed', 'blocked', 'quarantined']),
  exchangeAccessStateReason: new Set([
    'none',
    'unknown',
    'exchangeGlobalRule',
    'exchangeIndividualRule',
    'exchangeDeviceRule',
    'exchangeUpgrade',
    'exchangeMailboxPolicy',
    'other',
    'compliant',
    'notCompliant',
    'notEnrolled',
    'unknownLocation',
    'mfaRequired',
    'azureADBlockDueToAccessPolicy',
    'compromisedPassword',
    'deviceNotKnownWithManagedApp',
  ]),
  joinType: new Set(['unknown', 'azureADJoined', 'azureADRegistered', 'hybridAzureADJoined']),
});

/** Of microsoft.graph.device. */
export const directoryEnumerations = (words: WordsByPlatform): Enumerations => ({
  operatingSystem: operatingSystems(words),
  trustType: new Set(['AzureAd', 'ServerAd', 'Workplace']),
  deviceOwnership: new Set(['Unknown', 'Company', 'Personal']),
});
