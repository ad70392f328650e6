// B7: what Basic Mobility and Security, a subset of Intune, does not have. One table: routes name their row, docs/admin.md shows it.

interface OutsideRow {
  /** What it is, as the refusal says it. */
  readonly what: string;
  readonly why: string;
  /** Comes with a later version: no route names it yet. */
  readonly isLater?: true;
}

/** Refused while the authority is office365, without coexistence. */
export const outsideBms = {
  platformRestrictions: {
    what: 'Enrollment platform restrictions',
    why: 'BMS has the device limit alone',
  },
  corporateIdentifiers: {
    what: 'Corporate identifiers',
    why: 'BMS does not tell devices of the organization from personal ones',
  },
  autopilot: {
    what: 'Windows Autopilot',
    why: 'BMS enrolls by the person at the device',
  },
  comanagement: {
    what: 'Co-management',
    why: 'ConfigMgr shares its workloads with Intune',
  },
  complianceGrace: {
    what: 'Days of grace of a compliance policy',
    why: 'BMS blocks or reports at once',
  },
  apps: {
    what: 'Mobile apps and app protection',
    why: 'BMS manages devices, not apps',
    isLater: true,
  },
  conditionalAccess: {
    what: 'Conditional access policies',
    why: 'BMS has its own access rules in its policies',
    isLater: true,
  },
  roleAssignments: {
    what: 'Role assignments',
    why: 'BMS knows the administrators of the organization alone',
    isLater: true,
  },
  files: {
    what: 'The resource `files`',
    why: 'BMS guards mail and documents of Exchange and SharePoint by its own rules',
    isLater: true,
  },
} as const satisfies Readonly<Record<string, OutsideRow>>;

export type OutsideBms = keyof typeof outsideBms;
