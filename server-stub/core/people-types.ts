// People, groups, and who did what.

export interface User {
  readonly id: string;
  readonly upn: string;
  readonly displayName: string;
  /** Part numbers (Graph's skuPartNumber) of the products licensed to this user directly; groups may give more. */
  readonly products: readonly string[];
  /** Ids of the groups that this user is a direct member of. */
  readonly groups: readonly string[];
  /** Asked for when enrolling, if set. */
  readonly password?: string;
}

/** A security group. Who is in it says so itself: `User.groups`, `Group.groups`. */
export interface Group {
  readonly id: string;
  readonly displayName: string;
  /** Ids of the groups that this group is a direct member of: its members are theirs too. Never a circle. */
  readonly groups: readonly string[];
  /** Part numbers of the products licensed to every member (Graph's group-based licensing, C9). */
  readonly products: readonly string[];
}

/** Who did what, for Graph's auditEvents. */
export interface AuditEntry {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  /** `setMobileDeviceManagementAuthority`, `assignLicense`: the action's name in the admin API. */
  readonly activity: string;
  readonly target?: string;
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}
