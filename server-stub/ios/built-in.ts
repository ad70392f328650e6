import type { Authority, ConfigurationProfile } from '../../protocol/vocabulary.js';
import { idOf } from '../core/identifiers.js';
import type { BuiltIn } from '../dialect.js';

/** Of Apple's payload with a passcode policy. */
export const passcodeType = 'com.apple.mobiledevice.passwordpolicy';

const passcode = (minLength: number, maxInactivityMinutes: number): ConfigurationProfile => ({
  kind: 'configuration',
  name: 'Passcode',
  type: passcodeType,
  passcode: { required: true, minLength, maxFailedAttempts: 10, maxInactivityMinutes },
  settings: {},
});

const profiles: Readonly<Record<Exclude<Authority, 'unknown'>, readonly ConfigurationProfile[]>> = {
  office365: [passcode(4, 15)],
  intune: [passcode(6, 5)],
  sccm: [],
};

/** A passcode policy under either authority, and a push topic in the form of Apple's. */
export const builtIn = (domain: string): BuiltIn => ({
  profiles: (authority) => profiles[authority],
  pushTopic: `com.apple.mgmt.External.${idOf('push topic', domain)}`,
});
