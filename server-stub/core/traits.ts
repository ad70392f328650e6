import type { PlatformName } from '../../protocol/vocabulary.js';

/** What the rules must know of a platform, as data: the core itself knows no platform and is handed these. */
export interface PlatformTraits {
  /** Devices can be enrolled, managed and notified only while the authority has a valid push certificate (A11, E18). */
  readonly needsPushCertificate: boolean;
  /** ConfigMgr may manage some of it beside intune (C6, C11). Default false. */
  readonly canBeComanaged?: boolean;
  /** The type of a configuration by which its devices are given a passcode policy. Absent: they know none. */
  readonly passcodeType?: string;
}

export type TraitsByPlatform = ReadonlyMap<PlatformName, PlatformTraits>;

/** Of a platform without a dialect here: none of its devices can come, but a data folder may hold some. */
const unserved: PlatformTraits = { needsPushCertificate: false };

export const traitsOf = (traits: TraitsByPlatform, platform: PlatformName): PlatformTraits =>
  traits.get(platform) ?? unserved;
