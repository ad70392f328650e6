// What profiles are made of, and what came of them.
import type { HeadwindConfiguration } from '../../../../protocol/headwind/types.js';
import type { Bundle } from '../../../../protocol/managed-config/bundle.js';

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
  /** Hash of all that the bundles are made of, where it is known: then they are not looked at while it stays. */
  readonly bundlesHash?: string;
  /** That of the launcher itself as far as it may name certificates, where it is known: then the others need not be made to know it. */
  readonly launcherBundle?: Bundle;
  /** What lies at an absolute path of the device, undefined where nothing does. */
  readonly file: (path: string) => Uint8Array | undefined;
  readonly wifi?: ProvisionedWifi;
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
