// The words of co-management (C6, C8, C11).

/** A PC that ConfigMgr manages together with intune (C6, C11): what stands on ConfigMgr's side. By convention. */
export interface Comanagement {
  readonly userId: string;
  /** Serial number of the PC: it may enroll later. */
  readonly serial: string;
  /** What has been handed to intune; the rest ConfigMgr keeps. */
  readonly workloads: readonly Workload[];
}

/** The bits of CoManagementFlags (windows.md). The first two decide which profiles intune gives; the others are flags alone. */
export const workloads = [
  'resourceAccess',
  'deviceConfiguration',
  'compliancePolicies',
  'windowsUpdatePolicies',
  'endpointProtection',
  'clientApps',
  'officeClickToRunApps',
] as const;
export type Workload = (typeof workloads)[number];
