/** For whom something is. Everybody in `to`, less the members of `except`. */
export interface Assignment {
  /** `all`: every device, those without a user too. Else ids of users and of groups, whose members' members count too. */
  readonly to: 'all' | { readonly users: readonly string[]; readonly groups: readonly string[] };
  /** Ids of groups. */
  readonly except: readonly string[];
}

/** For every device, those without a user too. */
export const toAll: Assignment = Object.freeze({ to: 'all', except: [] });

/** For nobody, as a new configuration is until it is assigned. */
export const toNobody: Assignment = Object.freeze({ to: { users: [], groups: [] }, except: [] });

/** Whether it is for this user, who is in these groups, those of groups included. An exclusion wins. */
export function isAssigned({ to, except }: Assignment, userId: string, groups: ReadonlySet<string>): boolean {
  if (except.some((id) => groups.has(id))) return false;
  return to === 'all' || to.users.includes(userId) || to.groups.some((id) => groups.has(id));
}
