import type { PlistDict } from '../../protocol/plist/value.js';

/** A payload's type and the keys that are its own. */
export interface PayloadContent {
  readonly type: string;
  readonly keys: PlistDict;
}

/** The PayloadUUID of a certificate profile by its name; the certificate is then put into the profile. */
export type Reference = (name: string) => string;
