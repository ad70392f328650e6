import type { PlatformName } from '../../protocol/vocabulary.js';
import type { DeviceRecord } from '../core/types.js';

/** What Graph says of a platform's devices and the core does not know: each dialect has its own words. */
export interface GraphWords {
  /** `operatingSystem` of a managed device and of a failed enrollment. */
  readonly operatingSystem: string;
  columns(device: DeviceRecord): PlatformColumns;
}

export interface PlatformColumns {
  /** Empty where nobody knows it. */
  readonly manufacturer: string;
  readonly managedDeviceOwnerType: 'company' | 'personal' | 'unknown';
  /** Graph's deviceEnrollmentType. */
  readonly deviceEnrollmentType: string;
}

export type WordsByPlatform = ReadonlyMap<PlatformName, GraphWords>;

/** Of a platform without a dialect here, of which a data folder may hold devices. */
const unserved: GraphWords = {
  operatingSystem: 'Unknown',
  columns: () => ({ manufacturer: '', managedDeviceOwnerType: 'unknown', deviceEnrollmentType: 'unknown' }),
};

export const wordsOf = (words: WordsByPlatform, platform: PlatformName): GraphWords => words.get(platform) ?? unserved;
