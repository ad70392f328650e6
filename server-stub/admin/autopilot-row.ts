// Devices and deployment profiles of Windows Autopilot in Graph's words.
import { z } from 'zod';
import type { AutopilotDevice, AutopilotMode, AutopilotProfile } from '../core/admission-types.js';
import type { Autopilot, Devices, Users } from '../core/interfaces.js';
import { stubError } from '../errors.js';
import { directoryId } from './directory-device.js';
import type { Row } from './filter.js';
import { type AdminPorts, isoTime } from './graph.js';

/** What Graph knows of a device and is not kept here stands empty. */
export function deviceRow({ tenant }: Pick<AdminPorts<Users & Devices>, 'tenant'>, device: AutopilotDevice): Row {
  const { id, serial, model, manufacturer, groupTag, userId } = device;
  const [managed] = tenant.findDevices('serial', serial).filter(({ status }) => status !== 'pending');
  return {
    '@odata.type': '#microsoft.graph.windowsAutopilotDeviceIdentity',
    id,
    groupTag: groupTag ?? '',
    purchaseOrderIdentifier: '',
    serialNumber: serial,
    productKey: '',
    manufacturer: manufacturer ?? '',
    model: model ?? '',
    enrollmentState: managed === undefined ? 'notContacted' : 'enrolled',
    lastContactedDateTime: managed === undefined ? null : isoTime(managed.lastSyncAt ?? managed.enrolledAt),
    addressableUserName: '',
    userPrincipalName: (userId === undefined ? undefined : tenant.user(userId)?.upn) ?? '',
    resourceName: '',
    skuNumber: '',
    systemFamily: '',
    azureActiveDirectoryDeviceId: managed === undefined ? '' : directoryId('deviceId', managed.id),
    managedDeviceId: managed?.id ?? '',
    displayName: managed?.deviceName ?? '',
  };
}

/** As beta shows it: whether a deployment profile is assigned, and which. */
export function betaDeviceRow(ports: Pick<AdminPorts<Users & Devices & Autopilot>, 'tenant'>, device: AutopilotDevice) {
  const profile = ports.tenant.autopilotProfileOf(device);
  return {
    ...deviceRow(ports, device),
    deploymentProfileAssignmentStatus: profile === undefined ? 'notAssigned' : 'assignedInSync',
    rollcall: { deploymentProfileId: profile?.id ?? null, deploymentProfile: profile?.displayName ?? null },
  };
}

export const deviceFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'groupTag',
  'purchaseOrderIdentifier',
  'serialNumber',
  'productKey',
  'manufacturer',
  'model',
  'enrollmentState',
  'lastContactedDateTime',
  'addressableUserName',
  'userPrincipalName',
  'resourceName',
  'skuNumber',
  'systemFamily',
  'azureActiveDirectoryDeviceId',
  'managedDeviceId',
  'displayName',
]);
export const betaDeviceFields: ReadonlySet<string> = new Set([
  ...deviceFields,
  'deploymentProfileAssignmentStatus',
  'rollcall',
]);
export const deviceEnumerations = {
  enrollmentState: new Set(['unknown', 'enrolled', 'pendingReset', 'failed', 'notContacted']),
  deploymentProfileAssignmentStatus: new Set([
    'unknown',
    'assignedInSync',
    'assignedOutOfSync',
    'assignedUnkownSyncState', // as Graph spells it
    'notAssigned',
    'pending',
    'failed',
  ]),
};

/** An import is done with the call. */
export function importedRow({ tenant }: Pick<AdminPorts<Users>, 'tenant'>, device: AutopilotDevice): Row {
  const { id, serial, groupTag, userId } = device;
  return {
    '@odata.type': '#microsoft.graph.importedWindowsAutopilotDeviceIdentity',
    id,
    groupTag: groupTag ?? '',
    serialNumber: serial,
    productKey: '',
    importId: '',
    hardwareIdentifier: null,
    state: {
      '@odata.type': 'microsoft.graph.importedWindowsAutopilotDeviceIdentityState',
      deviceImportStatus: 'complete',
      deviceRegistrationId: id,
      deviceErrorCode: 0,
      deviceErrorName: '',
    },
    assignedUserPrincipalName: (userId === undefined ? undefined : tenant.user(userId)?.upn) ?? '',
  };
}

export const importedFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'groupTag',
  'serialNumber',
  'productKey',
  'importId',
  'hardwareIdentifier',
  'state',
  'assignedUserPrincipalName',
]);

export const profilesRoot = '/beta/deviceManagement/windowsAutopilotDeploymentProfiles';
export const profileType = '#microsoft.graph.azureADWindowsAutopilotDeploymentProfile';

/** Graph's windowsDeviceUsageType: a shared device enrolls by itself. */
const usages: Readonly<Record<AutopilotMode, string>> = { userDriven: 'singleUser', selfDeploying: 'shared' };
const modes: Readonly<Record<string, AutopilotMode>> = { singleUser: 'userDriven', shared: 'selfDeploying' };

/** The two names of the same setting: the former has other names for its parts. */
const setting = z
  .looseObject({ deviceUsageType: z.enum(['singleUser', 'shared']).exactOptional() })
  .nullable()
  .exactOptional();
export const profileSchema = z.looseObject({
  '@odata.type': z
    .literal(profileType, `only profiles that join Microsoft Entra: expected ${profileType}`)
    .exactOptional(),
  displayName: z.string().min(1).max(200).exactOptional(),
  outOfBoxExperienceSetting: setting,
  outOfBoxExperienceSettings: setting,
});

/** Throws REQUEST_INVALID: a new one has no name. What else Graph lets a profile say is taken and not kept. */
export function readProfile(
  body: z.output<typeof profileSchema>,
  before: Pick<AutopilotProfile, 'id'> & Partial<AutopilotProfile>,
): AutopilotProfile {
  const displayName = body.displayName ?? before.displayName;
  if (displayName === undefined) throw stubError('REQUEST_INVALID', 'The body is wrong: displayName: is missing');
  const usage = (body.outOfBoxExperienceSetting ?? body.outOfBoxExperienceSettings)?.deviceUsageType ?? '';
  return { ...before, displayName, mode: modes[usage] ?? before.mode ?? 'userDriven' };
}

export const profileRow = ({ id, displayName, mode }: AutopilotProfile): Row => ({
  '@odata.type': profileType,
  id,
  displayName,
  deviceType: 'windowsPc',
  outOfBoxExperienceSetting: {
    '@odata.type': 'microsoft.graph.outOfBoxExperienceSetting',
    deviceUsageType: usages[mode],
  },
  rollcall: { mode },
});

export const profileFields: ReadonlySet<string> = new Set([
  '@odata.type',
  'id',
  'displayName',
  'deviceType',
  'outOfBoxExperienceSetting',
  'rollcall',
]);
