// A tenant as it is now, in the form in which one begins.
import type { Assignment } from './assignment.js';
import { admissionConfigOf } from './seed-admission.js';
import type { TenantState } from './state.js';
import type { AssignedProfile, TenantConfig } from './types.js';

/**
 * What is no more (a group that was removed and is still named by something) is left out. A push certificate of an authority that was
 * left is none.
 */
export function configOf(state: TenantState): TenantConfig {
  const { directory, licences, domain } = state;
  const groups = (ids: readonly string[]) => ids.filter((id) => directory.group(id) !== undefined);
  const assigned = <T extends { readonly assignment: Assignment }>(each: T): T => ({
    ...each,
    assignment: present(each.assignment, groups, (id) => directory.user(id) !== undefined),
  });
  return {
    id: state.id,
    displayName: state.displayName,
    ...(domain !== undefined && { domain }),
    authority: state.authority,
    settings: state.settings,
    ...certificateOf(state),
    ...(state.coexistence && { coexistence: true }),
    ...(licences.size > 0 && { licences: Object.fromEntries(licences) }),
    users: directory.list().map((user) => ({ ...user, groups: groups(user.groups) })),
    groups: directory.groups().map((group) => ({ ...group, groups: groups(group.groups) })),
    comanagement: state.comanagement.list().filter(({ userId }) => directory.user(userId) !== undefined),
    profiles: [...state.profiles.values()].map((profile): AssignedProfile => assigned(profile)),
    compliance: [...state.compliance.values()].map(assigned),
    ...admissionConfigOf(state),
  };
}

function present(
  { to, except }: Assignment,
  groups: (ids: readonly string[]) => readonly string[],
  isUser: (id: string) => boolean,
): Assignment {
  return {
    to: to === 'all' ? to : { users: to.users.filter(isUser), groups: groups(to.groups) },
    except: groups(except),
  };
}

function certificateOf({ pushCertificate, authority }: TenantState): Pick<TenantConfig, 'pushCertificate'> {
  if (pushCertificate === undefined || pushCertificate.isEnded || pushCertificate.authority !== authority) return {};
  const { topic, expiresAt } = pushCertificate;
  return { pushCertificate: { expiresAt, ...(topic !== undefined && { topic }) } };
}
