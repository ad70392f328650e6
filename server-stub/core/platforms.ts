import { type PlatformName, platformNames } from '../../protocol/vocabulary.js';
import type { AssignedProfile } from './types.js';

type ForPlatforms = Pick<AssignedProfile, 'platforms'>;

export const isForPlatform = ({ platforms }: ForPlatforms, platform: PlatformName): boolean =>
  platforms === undefined || platforms.includes(platform);

/** Whether some device is given both: then they may not have one name (A8). */
export const shareAPlatform = (one: ForPlatforms, other: ForPlatforms): boolean =>
  platformNames.some((platform) => isForPlatform(one, platform) && isForPlatform(other, platform));
