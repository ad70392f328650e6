import type { PlatformName } from '../../protocol/vocabulary.js';

/** What the rules must know of a platform, as data: the core itself knows no platform. */
export interface PlatformTraits {
  /** Devices can be enrolled, managed and notified only while the authority has a valid push certificate (A11, E18). */
  readonly needsPushCertificate: boolean;
}

export const traits: Readonly<Record<PlatformName, PlatformTraits>> = {
  ios: { needsPushCertificate: true },
  windows: { needsPushCertificate: false },
  android: { needsPushCertificate: false },
};
