// What this process has made or checked itself is not checked again: data of links, profiles.
import type { Profile } from '../../protocol/vocabulary.js';

const judged = new WeakMap<object, string>();

/** The data is what a link of this platform can be made of. */
export function noteJudged(data: unknown, platform: string): void {
  if (typeof data === 'object' && data !== null) judged.set(data, platform);
}

export const isJudged = (data: unknown, platform: string): boolean =>
  typeof data === 'object' && data !== null && judged.get(data) === platform;

const profiles = new WeakSet<object>();

/** The profile fits its description (protocol/vocabulary): it was checked to the last field when it came. */
export function noteJudgedProfile(profile: Profile): void {
  profiles.add(profile);
}

export const isJudgedProfile = (profile: Profile): boolean => profiles.has(profile);
