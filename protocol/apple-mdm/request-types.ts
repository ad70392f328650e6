// The table of what iOS can be asked (Apple's schema, mdm/commands), kept equal to it by a test.

/** The bits of the com.apple.mdm payload's AccessRights (specs/apple.md §1.2). */
export const accessRights = {
  inspectProfiles: 1,
  installProfiles: 2,
  lockAndClearPasscode: 4,
  erase: 8,
  inspectDevice: 16,
  inspectNetwork: 32,
  inspectProvisioning: 64,
  installProvisioning: 128,
  inspectApps: 256,
  inspectRestrictions: 512,
  inspectSecurity: 1024,
  changeSettings: 2048,
  manageApps: 4096,
} as const;

/** Every right there is. */
export const allAccessRights = 8191;

/** What a request needs before iOS answers it. */
export interface Requirement {
  /** Bits of AccessRights, all of them needed; 0 when none is. */
  readonly rights: number;
  readonly isSupervisedOnly: boolean;
  readonly isInUserEnrollment: boolean;
  /** Answered by a Shared iPad only, or only on its user channel. */
  readonly isSharedIpadOnly: boolean;
  /** The first version of iOS that knows it. */
  readonly since: string;
}

const anyone: Requirement = {
  rights: 0,
  isSupervisedOnly: false,
  isInUserEnrollment: true,
  isSharedIpadOnly: false,
  since: '4.0', // before it there was no MDM
};

/** Every RequestType that iOS knows. DeviceInformation needs no right of its own: its queries do, one by one. */
export const requestTypes = {
  InstallApplication: { ...anyone, since: '5.0', rights: accessRights.manageApps },
  InstalledApplicationList: { ...anyone, since: '5.0', rights: accessRights.inspectApps },
  InviteToProgram: {
    ...anyone,
    since: '7.0',
    rights: accessRights.manageApps,
    isInUserEnrollment: false,
    isSharedIpadOnly: true,
  },
  ManagedApplicationList: { ...anyone, since: '5.0', rights: accessRights.manageApps },
  ApplyRedemptionCode: { ...anyone, since: '5.0', rights: accessRights.manageApps, isInUserEnrollment: false },
  RemoveApplication: { ...anyone, since: '5.0', rights: accessRights.manageApps },
  ValidateApplications: { ...anyone, since: '9.2', rights: accessRights.manageApps },
  CertificateList: { ...anyone, rights: accessRights.inspectProfiles },
  DeclarativeManagement: { ...anyone, since: '15.0' },
  ActivationLockBypassCode: { ...anyone, since: '7.1', isSupervisedOnly: true, isInUserEnrollment: false },
  ClearActivationLockBypassCode: { ...anyone, since: '7.1', isSupervisedOnly: true, isInUserEnrollment: false },
  DeviceConfigured: { ...anyone, since: '9.0', isSupervisedOnly: true, isInUserEnrollment: false },
  EraseDevice: { ...anyone, rights: accessRights.erase, isInUserEnrollment: false },
  RefreshCellularPlans: { ...anyone, since: '13.0', isInUserEnrollment: false },
  DeviceLock: { ...anyone, rights: accessRights.lockAndClearPasscode },
  DisableLostMode: { ...anyone, since: '9.3', isSupervisedOnly: true, isInUserEnrollment: false },
  EnableLostMode: { ...anyone, since: '9.3', isSupervisedOnly: true, isInUserEnrollment: false },
  DeviceLocation: { ...anyone, since: '9.3', isSupervisedOnly: true, isInUserEnrollment: false },
  PlayLostModeSound: { ...anyone, since: '10.3', isSupervisedOnly: true, isInUserEnrollment: false },
  RestartDevice: {
    ...anyone,
    since: '10.3',
    rights: accessRights.lockAndClearPasscode,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  ClearRestrictionsPassword: { ...anyone, since: '8.0', isSupervisedOnly: true, isInUserEnrollment: false },
  Restrictions: { ...anyone, rights: accessRights.inspectRestrictions, isInUserEnrollment: false },
  ShutDownDevice: {
    ...anyone,
    since: '10.3',
    rights: accessRights.lockAndClearPasscode,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  DeviceInformation: { ...anyone },
  SecurityInfo: { ...anyone, rights: accessRights.inspectSecurity },
  ManagedApplicationAttributes: { ...anyone, since: '7.0', rights: accessRights.manageApps },
  ManagedApplicationConfiguration: { ...anyone, since: '7.0', rights: accessRights.manageApps },
  ManagedApplicationFeedback: { ...anyone, since: '7.0', rights: accessRights.manageApps },
  InstallMedia: { ...anyone, since: '8.0', rights: accessRights.manageApps },
  ManagedMediaList: { ...anyone, since: '8.0', rights: accessRights.manageApps },
  RemoveMedia: { ...anyone, since: '8.0', rights: accessRights.manageApps },
  RequestMirroring: { ...anyone, since: '7.0' },
  StopMirroring: { ...anyone, since: '7.0', isSupervisedOnly: true, isInUserEnrollment: false },
  ClearPasscode: { ...anyone, rights: accessRights.lockAndClearPasscode, isInUserEnrollment: false },
  RequestUnlockToken: { ...anyone, since: '5.0', isSupervisedOnly: true, isInUserEnrollment: false },
  InstallProfile: { ...anyone, rights: accessRights.installProfiles },
  ProfileList: { ...anyone, rights: accessRights.inspectProfiles },
  InstallProvisioningProfile: { ...anyone, rights: accessRights.installProvisioning },
  ProvisioningProfileList: { ...anyone, rights: accessRights.inspectProvisioning },
  RemoveProvisioningProfile: { ...anyone, rights: accessRights.installProvisioning },
  RemoveProfile: { ...anyone, rights: accessRights.installProfiles },
  Settings: { ...anyone, since: '5.0', rights: accessRights.changeSettings },
  AvailableOSUpdates: {
    ...anyone,
    since: '9.0',
    rights: accessRights.manageApps,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  ScheduleOSUpdate: {
    ...anyone,
    since: '9.0',
    rights: accessRights.manageApps,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  OSUpdateStatus: {
    ...anyone,
    since: '9.0',
    rights: accessRights.manageApps,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  UserConfigured: {
    ...anyone,
    since: '17.0',
    isSupervisedOnly: true,
    isInUserEnrollment: false,
    isSharedIpadOnly: true,
  },
  DeleteUser: { ...anyone, since: '9.3', isInUserEnrollment: false, isSharedIpadOnly: true },
  UserList: { ...anyone, since: '9.3', isInUserEnrollment: false, isSharedIpadOnly: true },
  LogOutUser: { ...anyone, since: '9.3', isInUserEnrollment: false, isSharedIpadOnly: true },
} as const satisfies Record<string, Requirement>;
export type RequestType = keyof typeof requestTypes;

/** The requirement of a RequestType; undefined for one that iOS does not know (MCMDMErrorDomain 12021). */
export function requirementOf(requestType: string): Requirement | undefined {
  return isRequestType(requestType) ? requestTypes[requestType] : undefined;
}

export function isRequestType(text: string): text is RequestType {
  return Object.hasOwn(requestTypes, text);
}

/** True when all bits of `needed` are among `granted`. */
export function hasRights(granted: number, needed: number): boolean {
  return (granted & needed) === needed;
}

/** True when a device of this version of iOS knows what came with version `since`: numbers compared one by one. */
export function isSince(osVersion: string, since: string): boolean {
  const [own, first] = [osVersion, since].map((version) => version.split('.').map(Number));
  for (let index = 0; index < (first?.length ?? 0); index++) {
    const difference = (own?.[index] || 0) - (first?.[index] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
