import type { Authority, ConfigurationProfile } from '../../protocol/vocabulary.js';
import type { BuiltIn } from '../dialect.js';
import { deviceLock } from './render-configuration.js';

const passcode = (minLength: number, maxInactivityMinutes: number): ConfigurationProfile => ({
  kind: 'configuration',
  name: 'Passcode',
  type: deviceLock,
  passcode: { required: true, minLength, maxFailedAttempts: 10, maxInactivityMinutes },
  settings: {},
});

const profiles: Readonly<Record<Exclude<Authority, 'unknown'>, readonly ConfigurationProfile[]>> = {
  office365: [passcode(4, 15)],
  intune: [passcode(6, 5)],
  sccm: [],
};

/** A passcode policy under either authority; Windows needs no push certificate. */
export const builtIn = (): BuiltIn => ({ profiles: (authority) => profiles[authority] });
