// Which deployment profile an Autopilot device has (E14, E15).
import type { AutopilotDevice, AutopilotProfile } from './admission-types.js';
import type { TenantState } from './state.js';

/**
 * The one that was assigned to the device itself, else the first that is for a group of its group tag, else the first that is for all
 * devices. By convention the group named as the tag stands for the dynamic group of devices that organizations make of a tag: groups
 * have people here. Undefined: none is assigned.
 */
export function assignedProfile(
  { admission: { autopilotProfiles: profiles }, directory }: Pick<TenantState, 'admission' | 'directory'>,
  { profileId, groupTag }: Pick<AutopilotDevice, 'profileId' | 'groupTag'>,
): AutopilotProfile | undefined {
  const own = profiles.get(profileId ?? '');
  if (own !== undefined) return own;
  const tag = groupTag?.trim() ?? '';
  return (tag === '' ? undefined : profiles.forGroups(directory.groupsNamed(tag))) ?? profiles.forAll;
}
