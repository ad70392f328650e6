// Who manages the device and whose its profiles are, as far as organizations say so (by convention: managing-authority.ts).
import type { AppleProfile } from '../../../protocol/apple-mdm/profile/profile.js';
import { authorityOfOrganization } from '../../../protocol/managing-authority.js';
import type { Authority } from '../../../protocol/vocabulary.js';
import type { Whose } from '../../model/apply-command.js';
import type { InstalledProfile, IosData } from './saved.js';

/** By OrganizationInfo, or else by the enrollment profile. */
export function managedByOf({ settings, profiles, management }: IosData): Authority | undefined {
  const told = authorityOfOrganization(settings?.organization?.['OrganizationName']);
  if (told !== undefined) return told;
  const enrollment = profiles.find(({ identifier }) => identifier === management.profileIdentifier);
  return authorityOfOrganization(enrollment?.organization);
}

/**
 * Whose the settings of a profile are: its own organization's, or else whoever manages the device. Those of the enrollment profile
 * are the enrollment's, which stays when the authority changes.
 */
export const whoseOf = (
  { organization }: Pick<AppleProfile, 'organization'>,
  { removeAt }: Pick<InstalledProfile, 'removeAt'>,
  data: IosData,
): Whose => ({ owner: authorityOfOrganization(organization) ?? managedByOf(data), keptUntil: removeAt });
