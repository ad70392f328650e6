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
export type AccessRight = keyof typeof accessRights;

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
}

const anyone: Requirement = { rights: 0, isSupervisedOnly: false, isInUserEnrollment: true, isSharedIpadOnly: false };

/** Every RequestType that iOS knows. DeviceInformation needs no right of its own: its queries do, one by one. */
export const requestTypes = {
  InstallApplication: { ...anyone, rights: accessRights.manageApps },
  InstalledApplicationList: { ...anyone, rights: accessRights.inspectApps },
  InviteToProgram: { ...anyone, rights: accessRights.manageApps, isInUserEnrollment: false, isSharedIpadOnly: true },
  ManagedApplicationList: { ...anyone, rights: accessRights.manageApps },
  ApplyRedemptionCode: { ...anyone, rights: accessRights.manageApps, isInUserEnrollment: false },
  RemoveApplication: { ...anyone, rights: accessRights.manageApps },
  ValidateApplications: { ...anyone, rights: accessRights.manageApps },
  CertificateList: { ...anyone, rights: accessRights.inspectProfiles },
  DeclarativeManagement: { ...anyone },
  ActivationLockBypassCode: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  ClearActivationLockBypassCode: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  DeviceConfigured: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  EraseDevice: { ...anyone, rights: accessRights.erase, isInUserEnrollment: false },
  RefreshCellularPlans: { ...anyone, isInUserEnrollment: false },
  DeviceLock: { ...anyone, rights: accessRights.lockAndClearPasscode },
  DisableLostMode: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  EnableLostMode: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  DeviceLocation: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  PlayLostModeSound: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  RestartDevice: {
    ...anyone,
    rights: accessRights.lockAndClearPasscode,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  ClearRestrictionsPassword: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  Restrictions: { ...anyone, rights: accessRights.inspectRestrictions, isInUserEnrollment: false },
  ShutDownDevice: {
    ...anyone,
    rights: accessRights.lockAndClearPasscode,
    isSupervisedOnly: true,
    isInUserEnrollment: false,
  },
  DeviceInformation: { ...anyone },
  SecurityInfo: { ...anyone, rights: accessRights.inspectSecurity },
  ManagedApplicationAttributes: { ...anyone, rights: accessRights.manageApps },
  ManagedApplicationConfiguration: { ...anyone, rights: accessRights.manageApps },
  ManagedApplicationFeedback: { ...anyone, rights: accessRights.manageApps },
  InstallMedia: { ...anyone, rights: accessRights.manageApps },
  ManagedMediaList: { ...anyone, rights: accessRights.manageApps },
  RemoveMedia: { ...anyone, rights: accessRights.manageApps },
  RequestMirroring: { ...anyone },
  StopMirroring: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  ClearPasscode: { ...anyone, rights: accessRights.lockAndClearPasscode, isInUserEnrollment: false },
  RequestUnlockToken: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false },
  InstallProfile: { ...anyone, rights: accessRights.installProfiles },
  ProfileList: { ...anyone, rights: accessRights.inspectProfiles },
  InstallProvisioningProfile: { ...anyone, rights: accessRights.installProvisioning },
  ProvisioningProfileList: { ...anyone, rights: accessRights.inspectProvisioning },
  RemoveProvisioningProfile: { ...anyone, rights: accessRights.installProvisioning },
  RemoveProfile: { ...anyone, rights: accessRights.installProfiles },
  Settings: { ...anyone, rights: accessRights.changeSettings },
  AvailableOSUpdates: { ...anyone, rights: accessRights.manageApps, isSupervisedOnly: true, isInUserEnrollment: false },
  ScheduleOSUpdate: { ...anyone, rights: accessRights.manageApps, isSupervisedOnly: true, isInUserEnrollment: false },
  OSUpdateStatus: { ...anyone, rights: accessRights.manageApps, isSupervisedOnly: true, isInUserEnrollment: false },
  UserConfigured: { ...anyone, isSupervisedOnly: true, isInUserEnrollment: false, isSharedIpadOnly: true },
  DeleteUser: { ...anyone, isInUserEnrollment: false, isSharedIpadOnly: true },
  UserList: { ...anyone, isInUserEnrollment: false, isSharedIpadOnly: true },
  LogOutUser: { ...anyone, isInUserEnrollment: false, isSharedIpadOnly: true },
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
