// The neutral words that all platforms share: what an authority may give a device, what it may ask, what the device answers.
// Wire names never appear here; each platform's translate.ts turns its dialect into these and back. Types and names alone: the
// descriptions behind them (bounds, secrets, forms) are in vocabulary/, see docs/decisions/0010-one-description.md.

export type { Command, CommandKind, Outcome } from './vocabulary/command.js';
export * from './vocabulary/names.js';
export type {
  CertificateProfile,
  CertificateSource,
  ConfigurationProfile,
  EmailProfile,
  MailServer,
  PasscodePolicy,
  Profile,
  VpnProfile,
  WifiEap,
  WifiProfile,
} from './vocabulary/profile.js';
